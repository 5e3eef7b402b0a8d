import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '@kb-labs/plugin-runtime';
import type { InstalledPlugin, PluginRegistry } from '@kb-labs/plugin-runtime';
import { UsageError } from './command-line.js';

/** A folder that should hold a plugin, and what its manifest came to. */
export type LoadedPlugin =
  | { readonly ok: true; readonly folder: string; readonly plugin: InstalledPlugin }
  | { readonly ok: false; readonly folder: string; readonly problem: string };

const MANIFEST = 'plugin.json';

/** Reads the manifest of every folder that has one, in the order of their names. Loads no code. Throws `UsageError` where there is none. */
export async function loadPlugins(directory: string): Promise<readonly LoadedPlugin[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const loaded = await Promise.all(names.sort().map((name) => loadPlugin(directory, name)));
  const plugins = loaded.filter((plugin) => plugin !== undefined);
  if (plugins.length > 0) return plugins;
  throw new UsageError(`There is no plugin in ${directory}: each is a folder with a ${MANIFEST}`);
}

async function loadPlugin(directory: string, folder: string): Promise<LoadedPlugin | undefined> {
  const root = join(directory, folder);
  try {
    const manifest = parseManifest(JSON.parse(await readFile(join(root, MANIFEST), 'utf8')));
    return { ok: true, folder, plugin: { manifest, root } };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ENOENT') return undefined;
    return { ok: false, folder, problem: error.message };
  }
}

/** The plugins as a registry. With one version of each there is nothing to choose: the runtime checks the range. */
export function createRegistry(plugins: readonly LoadedPlugin[]): PluginRegistry {
  const byId = new Map(plugins.flatMap((loaded) => (loaded.ok ? [[loaded.plugin.manifest.id, loaded.plugin]] : [])));
  return { find: async (id) => byId.get(id) };
}
