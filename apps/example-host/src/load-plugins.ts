import { basename } from 'node:path';
import { createFolderRegistry, isPluginError } from '@kb-labs/plugin-runtime';
import type { InstalledPlugin, PluginRegistry } from '@kb-labs/plugin-runtime';
import { UsageError } from './command-line.js';

/** What lies in the folder of plugins. */
export interface LoadedPlugins {
  /** Where plugins find each other, and the host them. */
  readonly registry: PluginRegistry;
  /** By id. */
  readonly plugins: readonly InstalledPlugin[];
  readonly problems: readonly LoadProblem[];
}

/** A folder that should hold a plugin, and why it does not. */
export interface LoadProblem {
  readonly folder: string;
  readonly problem: string;
}

/** Reads every manifest in a folder. Loads no code. Throws `UsageError` where there is none. */
export async function loadPlugins(directory: string): Promise<LoadedPlugins> {
  const registry = createFolderRegistry({ folders: [directory] });
  const plugins = await registry.list();
  const problems = (await registry.problems()).map(({ folder, error }) => ({
    folder: basename(folder),
    problem: describeProblem(error),
  }));
  if (plugins.length + problems.length > 0) return { registry, plugins, problems };
  throw new UsageError(`There is no plugin in ${directory}: each is a folder with a plugin.json`);
}

function describeProblem(error: unknown): string {
  if (!isPluginError(error)) return String(error);
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}
