import { basename } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits } from '@kb-labs/contracts';
import type { ProcessEnd } from './guest-process.js';
import { heapExhausted } from './exceeded-limits.js';

/** What is known of a guest beside how its process ended. */
export interface EndFacts {
  /** Paths of the host, which nobody is to be told. */
  readonly hidden: readonly string[];
  readonly limits: SandboxLimits;
  readonly peakBytes: number | undefined;
}

/** Nobody asks how a guest ended that its host has killed, and to make an error takes a tenth of a millisecond. */
const KILLED = createError('ERR_SANDBOX_CRASHED', 'the guest has been ended');

/** What the end of a process means that nobody told to end. */
export function describeEnd(end: ProcessEnd, { hidden, limits, peakBytes }: EndFacts): PluginError {
  if (end.isKilled) return KILLED;
  if (end.spawnError !== undefined) return end.spawnError;
  // V8's own words; a guest can write them too, so they count only for one that ended as V8 ends.
  if (isFatal(end.signal) && end.stderr.includes('JavaScript heap out of memory'))
    return heapExhausted(peakBytes, limits);
  const how = end.signal === undefined ? `exit code ${end.code}` : `signal ${end.signal}`;
  const details = {
    exitCode: end.code,
    signal: end.signal,
    stderr: withoutHostPaths(end.stderr, hidden).split('\n').slice(-5).join('\n').slice(-2_048),
  };
  return createError('ERR_SANDBOX_CRASHED', `the guest ended by itself before it had a result: ${how}`, { details });
}

/** How V8 ends a process. The first process of a namespace ignores SIGABRT, and runs into the trap behind it. */
function isFatal(signal: string | undefined): boolean {
  return signal === 'SIGABRT' || signal === 'SIGSEGV' || signal === 'SIGILL' || signal === 'SIGTRAP';
}

/** Node names files of the host in its last words, and `details` go everywhere. */
function withoutHostPaths(text: string, paths: readonly string[]): string {
  return paths.reduce((rest, path) => rest.replaceAll(path, `<${basename(path)}>`), text);
}
