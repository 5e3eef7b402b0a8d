import type { ModuleLoader } from './guest-run.js';

/**
 * Loads a module of a plugin by `import`, also one with top-level `await`. Its namespace is never awaited, which would call an export named
 * `then`: a module of one line, which exports nothing of that name, holds it.
 */
export const importModule: ModuleLoader = async (file) => {
  // Not imported: the rest of the wire runs where there is no Node as well.
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const text = `import * as namespace from ${JSON.stringify(pathToFileURL(file).href)};export{namespace}`;
  const holder = `data:text/javascript,${encodeURIComponent(text)}`;
  // A namespace is a record of what the module exports, whatever that is.
  return (await import(holder)) as Awaited<ReturnType<ModuleLoader>>;
};
