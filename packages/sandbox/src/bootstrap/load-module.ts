import { setSourceMapsSupport } from 'node:module';
import type { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { importModule } from '../wire/import-module.js';
import type { ModuleLoader } from '../wire/guest-run.js';
import { locateSyntaxError } from './locate-syntax-error.js';

/**
 * Loads with `require`, which hands an ES module's namespace over without awaiting it: `import()` would call an export named `then`.
 * A module with top-level await cannot be required and is imported. Source maps are read where a module names one. `lastResolved` tells the
 * URL that was resolved last: a module that cannot be parsed is that one.
 */
export function loadPluginModule(
  makeRequire: typeof createRequire,
  lastResolved: () => string | undefined,
): ModuleLoader {
  return async (file) => {
    setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
    try {
      return await loadEither(makeRequire, file);
    } catch (error) {
      locateSyntaxError(error, lastResolved() ?? pathToFileURL(file).href);
      throw error;
    }
  };
}

/** In a box, for what is loaded is not awaited. */
async function loadEither(makeRequire: typeof createRequire, file: string): ReturnType<ModuleLoader> {
  try {
    return { namespace: toNamespace(makeRequire(file)(file)) };
  } catch (error) {
    if (!isAsyncModule(error)) throw error;
    return await importModule(file);
  }
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
