import { existsSync } from 'node:fs';
import { constants, lstat, mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, linkInTheWay } from './store-errors.js';

/** A folder below which names are used; where the platform can, it stays the same folder whatever happens to its path. */
export interface Folder extends AsyncDisposable {
  /** The path of an entry for the functions of `node:fs`. Good until the folder is disposed. */
  at(name: string): string;
  /** Makes renames and links in it outlast a loss of power. */
  sync(): Promise<void>;
}

/** Which folder to open. */
export interface FolderRequest {
  readonly root: string;
  readonly segments: readonly string[];
  /** Makes what is missing, 0700. */
  readonly create: boolean;
}

const OPEN_FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens a folder below `root` segment by segment and follows no link, `root` itself included: `ERR_PERMISSION_DENIED`.
 * `undefined` where a segment does not exist or is a file; with `create` a file is thrown as `ENOTDIR`. On Linux each step starts from the folder opened before,
 * so swapping one for a link changes nothing; elsewhere each step is checked just before its use.
 */
export async function openFolder(request: FolderRequest): Promise<Folder | undefined> {
  if (request.create) await mkdir(request.root, { recursive: true, mode: 0o700 });
  let folder = await openStep(request.root, request.create);
  for (const segment of request.segments) {
    if (folder === undefined) return undefined;
    await using parent: Folder = folder;
    folder = await openStep(parent.at(segment), request.create);
    if (folder !== undefined || !request.create) continue;
    await makeFolder(parent, segment);
    folder = await openStep(parent.at(segment), true);
  }
  return folder;
}

async function makeFolder(parent: Folder, segment: string): Promise<void> {
  try {
    await mkdir(parent.at(segment), { mode: 0o700 });
    await parent.sync();
  } catch (error) {
    // Somebody else made it first.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

async function openStep(path: string, create: boolean): Promise<Folder | undefined> {
  try {
    if (process.platform === 'linux') return heldFolder(path, await open(path, OPEN_FOLDER));
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) throw linkInTheWay(nameOf(path));
    if (stats.isDirectory()) return namedFolder(path);
    throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return undefined;
    // A link gives one or the other, by the version of the kernel.
    if (errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error;
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isSymbolicLink() === true) throw linkInTheWay(nameOf(path));
    if (create) throw error;
    return undefined;
  }
}

function heldFolder(path: string, handle: FileHandle): Folder {
  const held = `/proc/self/fd/${handle.fd}`;
  // Where /proc is not mounted, names are all there is.
  const base = existsSync(held) ? held : path;
  return {
    at: (name) => `${base}/${name}`,
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function namedFolder(path: string): Folder {
  return {
    at: (name) => join(path, name),
    sync: () => syncByName(path),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function syncByName(path: string): Promise<void> {
  // Windows opens no folders, and writes their entries through by itself.
  if (process.platform === 'win32') return;
  await using handle = await open(path, 'r');
  await handle.sync();
}

function nameOf(path: string): string {
  return path.slice(path.search(/[^/\\]*$/));
}
