import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path lies in a folder, by its name alone. The folder itself does not. */
export function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A file of the plugin as a plugin's author knows it. */
export function nameOf(path: string, root: string): string {
  return `./${relative(root, path)}`;
}

/** Where a path leads to. No error of the host's, which would name its folders. */
export async function realPlace(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}
