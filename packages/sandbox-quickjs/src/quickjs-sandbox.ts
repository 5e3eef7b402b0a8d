import { CONFINEMENTS, createAbortError, createError } from '@kb-labs/contracts';
import type { Confinement, ConfinementReport, Firmness, SandboxAdapter } from '@kb-labs/contracts';
import { createOpenPlaces } from '@kb-labs/sandbox/wire';
import { createBundler } from './bundle/bundler.js';
import { loadEngine } from './engine.js';
import type { Engine } from './engine.js';
import { openPlace } from './place/open-place.js';

/** What a plugin may consist of. An unknown or malformed option is `ERR_CONFIG_INVALID`. */
export interface QuickjsSandboxOptions {
  /** Bytes of source that a handler may have, with all that it imports: 4 MiB by default. */
  readonly maxSourceBytes?: number;
}

const DEFAULT_SOURCE_BYTES = 4_194_304;

/**
 * Runs each handler in a QuickJS of its own, in a thread that is thrown away with it: ES2023 and no Node API. Nothing that a handler does
 * reaches the host but the frames of its `ctx`. Disposing ends all that are left.
 */
export function quickjsSandbox(options: QuickjsSandboxOptions = {}): SandboxAdapter {
  const { maxSourceBytes } = checkOptions(options);
  const places = createOpenPlaces('quickjs');
  const bundler = createBundler({ maxSourceBytes });
  let loading: Promise<Engine> | undefined;
  const loaded = async (): Promise<Engine> => {
    loading ??= loadEngine();
    try {
      return await loading;
    } catch (error) {
      // What failed now may work at the next try.
      loading = undefined;
      throw error;
    }
  };

  return {
    name: 'quickjs',
    confines: () => Promise.resolve(REPORT.firmness),
    acquire: (asked) =>
      places.acquire(asked, async (plan) => {
        bundler.warmUp();
        const engine = await loaded();
        if (plan.signal.aborted) throw createAbortError('the run was aborted', plan.signal);
        const place = await openPlace({ plan, engine, bundler });
        return { place, report: REPORT, gone: place.gone };
      }),
    async [Symbol.asyncDispose]() {
      await places.close();
      await bundler.dispose();
    },
  };
}

function checkOptions({ maxSourceBytes = DEFAULT_SOURCE_BYTES, ...others }: QuickjsSandboxOptions): {
  readonly maxSourceBytes: number;
} {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw createError('ERR_CONFIG_INVALID', `quickjsSandbox has no option "${unknown}": it has maxSourceBytes`);
  if (!Number.isSafeInteger(maxSourceBytes) || maxSourceBytes < 1)
    throw createError('ERR_CONFIG_INVALID', 'maxSourceBytes is a whole number of bytes, 1 or more');
  return { maxSourceBytes };
}

const BY: Readonly<Record<Confinement, string>> = {
  crash: 'QuickJS in wasm, in a thread of its own; what it sends is bounded before it is read',
  time: 'an interrupt of QuickJS, and worker.terminate()',
  cpu: 'time of the thread inside the interpreter, looked at from both sides',
  memory: 'a capped WebAssembly.Memory',
  env: 'nothing of Node inside QuickJS; the variables that were granted are sent',
  fs: 'nothing of Node inside QuickJS',
  net: 'nothing of Node inside QuickJS',
  process: 'nothing of Node inside QuickJS',
};

const REPORT: ConfinementReport = Object.freeze({
  adapter: 'quickjs',
  firmness: Object.freeze(
    // Object.fromEntries forgets which keys it was given; CONFINEMENTS holds each of them.
    Object.fromEntries(CONFINEMENTS.map((name) => [name, 'wall'])) as Record<Confinement, Firmness>,
  ),
  by: BY,
});
