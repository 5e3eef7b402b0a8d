import { dirname, join } from 'node:path';
import { isBelow } from './handler-reference.js';

/** Real paths: the folder that file rules are relative to, that of the plugin's code, and the modules that a run loads by name. */
export interface CodePlaces {
  readonly root: string;
  readonly pluginRoot: string;
  readonly modules: readonly string[];
}

const DESCRIPTIONS = ['package.json', 'kb.plugin.json', 'plugin.json'];

/**
 * What no grant lets a plugin write, because it is its own code: its whole folder, unless the root is this folder or lies in it.
 * Then it is the folder of each module, as long as the root is not in that; otherwise the module, and what describes the plugin.
 * Other modules that lie among the data are data, and a grant to write them is one to change the code.
 */
export function protectedCode(places: CodePlaces): readonly string[] {
  const { root, pluginRoot, modules } = places;
  if (pluginRoot !== root && !isBelow(root, pluginRoot)) return [pluginRoot];
  const descriptions = [pluginRoot, root].flatMap((folder) => DESCRIPTIONS.map((name) => join(folder, name)));
  return [...new Set([...modules.map((file) => protectedPlace(file, root)), ...descriptions])];
}

function protectedPlace(file: string, root: string): string {
  const folder = dirname(file);
  return folder === root || isBelow(root, folder) ? file : folder;
}
