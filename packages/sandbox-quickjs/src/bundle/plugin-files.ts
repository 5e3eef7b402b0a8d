import type { Plugin } from 'esbuild';
import { loadFile, throwing } from './load-file.js';
import type { Budget } from './load-file.js';
import { ABSENT, resolveImport } from './resolve-import.js';

/** The folder, what of it may be loaded from outside, and how much in all. */
export interface PluginFilesOptions {
  readonly root: string;
  /** Real paths that the entry itself imports. */
  readonly entries: ReadonlySet<string>;
  readonly maxSourceBytes: number;
}

/** Lets esbuild see the plugin's real files and nothing else: no links out, no absolute paths, no URLs, no packages from above. */
export function pluginFiles(options: PluginFilesOptions): Plugin {
  const budget: Budget = { limit: options.maxSourceBytes, spent: 0 };
  return {
    name: 'plugin-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, args, options));
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => loadFile(path, options.root, budget));
      build.onLoad({ filter: /.*/, namespace: ABSENT }, ({ pluginData }) => throwing(String(pluginData)));
    },
  };
}
