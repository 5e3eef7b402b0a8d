import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { SandboxAdapter } from '@kb-labs/contracts';
import { createOpenPlaces } from '@kb-labs/sandbox/wire';
import { createThreadCount } from './thread-count.js';
import { openPlace } from './thread-place.js';
import { describeConfinement } from './worker-confinement.js';

/** What a thread may load. An unknown or malformed option is `ERR_CONFIG_INVALID`. */
export interface WorkerSandboxOptions {
  /** Folders beside the plugin's own from which it may load code, such as a shared `node_modules`. */
  readonly codeRoots?: readonly string[];
}

/**
 * Runs each handler in a worker thread of its own, which is gone when the run is over. It guards against code that is wrong, and is no wall
 * against code that attacks: a thread shares its host's process. Disposing ends all that are left.
 */
export function workerSandbox(options: WorkerSandboxOptions = {}): SandboxAdapter {
  const { codeRoots } = checkOptions(options);
  const places = createOpenPlaces('worker');
  const threads = createThreadCount();
  const report = describeConfinement();

  return {
    name: 'worker',
    confines: () => Promise.resolve(report.firmness),
    acquire: (asked) =>
      places.acquire(asked, async (plan) => {
        threads.assertRoom();
        const roots = await Promise.all([plan.plugin.root, ...codeRoots].map(resolveRoot));
        const place = await openPlace({ plan, roots, threads });
        return { place, report, gone: place.guest.gone };
      }),
    [Symbol.asyncDispose]: () => places.close(),
  };
}

function checkOptions({ codeRoots = [], ...others }: WorkerSandboxOptions): Required<WorkerSandboxOptions> {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw createError('ERR_CONFIG_INVALID', `workerSandbox has no option "${unknown}": it has codeRoots`);
  }
  if (!isListOfFolders(codeRoots)) {
    const hint = 'give codeRoots an array of absolute paths, such as ["/srv/shared/node_modules"]';
    throw createError('ERR_CONFIG_INVALID', 'codeRoots is no array of absolute paths', { hint });
  }
  return { codeRoots: [...codeRoots] };
}

/** Written by hand, perhaps in JavaScript: a string would be taken for a list of its letters. */
function isListOfFolders(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && isAbsolute(entry));
}

/** Modules are told apart by their real paths. */
async function resolveRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw createError('ERR_CONFIG_INVALID', `${JSON.stringify(root)} is no folder that can be read`, { cause });
  }
}
