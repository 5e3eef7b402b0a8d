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
 * What no grant lets a plugin write, because it is the plugin's own code.
 *
 * - The plugin lives outside the root, or in a folder of its own below it: that whole folder.
 * - The root is the plugin's folder, or lies in it: the folder of each module that the run names, as long as the root is not
 *   in it; otherwise the module itself, with package.json, kb.plugin.json and plugin.json of both folders. Other modules that it imports
 *   from the root are then the plugin's data as well, and a grant to write them is one to change the code.
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
