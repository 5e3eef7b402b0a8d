import { readdir } from 'node:fs/promises';
import { openFolder } from './folder.js';

/** The regular files below a folder of a store, as paths in the order of their code units. Links are passed over. */
export async function* walkFiles(root: string, base: readonly string[]): AsyncGenerator<string, void, undefined> {
  for (const entry of await entriesOf(root, base)) {
    if (entry.endsWith('/')) {
      for await (const path of walkFiles(root, [...base, entry.slice(0, -1)])) yield `${entry}${path}`;
    } else {
      yield entry;
    }
  }
}

/** Folders end with a slash, which sorts them as the paths of what they hold. */
async function entriesOf(root: string, segments: readonly string[]): Promise<readonly string[]> {
  await using folder = await openFolder({ root, segments, create: false });
  if (folder === undefined) return [];
  const entries = await readdir(folder.at('.'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
}
