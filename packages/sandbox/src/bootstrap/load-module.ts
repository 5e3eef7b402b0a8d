import { setSourceMapsSupport } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ModuleLoader } from '../wire/guest-run.js';
import { locateSyntaxError } from './locate-syntax-error.js';
import { requireModule } from './require-module.js';
import type { MakeRequire } from './require-module.js';

/**
 * Loads as `requireModule` does, and reads source maps where a module names one. `lastResolved` tells the URL that was resolved last: a module
 * that cannot be parsed is that one.
 */
export function loadPluginModule(makeRequire: MakeRequire, lastResolved: () => string | undefined): ModuleLoader {
  const load = requireModule(makeRequire);
  return async (file) => {
    setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
    try {
      return await load(file);
    } catch (error) {
      locateSyntaxError(error, lastResolved() ?? pathToFileURL(file).href);
      throw error;
    }
  };
}
