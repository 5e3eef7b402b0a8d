import { accessSync, constants } from 'node:fs';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** What does not pass by itself: a command that is not there, may not be run, or is too long for this system. */
const LASTING: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'E2BIG']);

/**
 * The error of a guest's process that never started: `ERR_CONFINEMENT_TOO_WEAK` where this machine has no place for guests as things are,
 * and `ERR_SANDBOX_CRASHED`, which may be tried again, where it has none at the moment.
 */
export function startFailure(error: Error): PluginError {
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = `the sandbox process did not start: ${errno ?? 'unknown reason'}`;
  if (LASTING.has(errno)) {
    const hint = 'see to it that Node, setpriv and bwrap can be run, and that the paths of codeRoots are few and short';
    return createError('ERR_CONFINEMENT_TOO_WEAK', message, { details: { errno }, hint, cause: error });
  }
  const hint = 'look at the limits on processes and open files of this machine (ulimit -u, ulimit -n)';
  return createError('ERR_SANDBOX_CRASHED', message, { details: { errno }, hint, cause: error });
}

/** Throws where the Node that this process runs is not to be had for another one: an upgrade takes it away, for one. */
export function assertNodeRuns(): void {
  try {
    accessSync(process.execPath, constants.X_OK);
  } catch (error) {
    throw startFailure(error instanceof Error ? error : new Error('unknown reason'));
  }
}
