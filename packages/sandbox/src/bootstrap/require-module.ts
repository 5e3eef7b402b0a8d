import { importModule } from '../wire/import-module.js';
import type { ModuleLoader } from '../wire/guest-run.js';

/** Makes what loads modules as a file would load them. */
export type MakeRequire = (file: string) => (file: string) => unknown;

/**
 * Makes a loader that loads with `require`, which hands an ES module's namespace over without awaiting it: `import()` would call an export named
 * `then`. A module with top-level await cannot be required and is imported.
 */
export function requireModule(makeRequire: MakeRequire): ModuleLoader {
  return async (file) => {
    try {
      return { namespace: toNamespace(makeRequire(file)(file)) };
    } catch (error) {
      if (!isAsyncModule(error)) throw error;
      return await importModule(file);
    }
  };
}

function isAsyncModule(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE';
}

function toNamespace(loaded: unknown): Readonly<Record<string, unknown>> {
  if (typeof loaded === 'function') return { default: loaded, ...loaded };
  // What was required is a record of its properties, and nobody reads one without a look at what it is.
  return typeof loaded === 'object' && loaded !== null
    ? (loaded as Readonly<Record<string, unknown>>)
    : { default: loaded };
}
