import { closeSync, existsSync, fsync, open as openNumber } from 'node:fs';
import { constants, lstat, mkdir, open } from 'node:fs/promises';
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
  /** A path, or a folder that is open already and stays open. */
  readonly root: string | Folder;
  readonly segments: readonly string[];
  /** Makes what is missing, 0700. */
  readonly create: boolean;
  /**
   * Gets the folder that a new one was made in, to be synced, and disposed of once the opening has ended: only then does the new one outlast a loss of
   * power. Left out, that is done at once.
   */
  readonly later?: (parent: Folder) => void;
}

/** Where Linux names what this process has open. */
const DESCRIPTORS = '/proc/self/fd/';
const OPEN_FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens a folder below `root` segment by segment and follows no link, `root` itself included: `ERR_PERMISSION_DENIED`.
 * `undefined` where a segment does not exist or is a file; with `create` a file is thrown as `ENOTDIR`. On Linux each step starts from the folder opened before,
 * so swapping one for a link changes nothing; elsewhere each step is checked just before its use.
 */
export async function openFolder({ root, segments, ...how }: FolderRequest): Promise<Folder | undefined> {
  let folder = typeof root === 'string' ? await openRoot(root, how.create) : borrowed(root);
  for (const segment of segments) {
    if (folder === undefined) return undefined;
    folder = await openBelow(folder, segment, how);
  }
  return folder;
}

async function openRoot(root: string, create: boolean): Promise<Folder | undefined> {
  const folder = await openStep(root, create);
  if (folder !== undefined || !create) return folder;
  await mkdir(root, { recursive: true, mode: 0o700 });
  return openStep(root, true);
}

/** The same folder, whose end is somebody else's business. */
function borrowed(folder: Folder): Folder {
  return { at: folder.at, sync: folder.sync, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Ends the parent, unless a new folder makes it somebody else's business. */
async function openBelow(
  parent: Folder,
  segment: string,
  { create, later }: Pick<FolderRequest, 'create' | 'later'>,
): Promise<Folder | undefined> {
  let isHandedOver = false;
  try {
    const found = await openStep(parent.at(segment), create);
    if (found !== undefined || !create) return found;
    if (await makeFolder(parent.at(segment))) {
      isHandedOver = later !== undefined;
      if (later === undefined) await parent.sync();
      else later(parent);
    }
    return await openStep(parent.at(segment), true);
  } finally {
    if (!isHandedOver) await parent[Symbol.asyncDispose]();
  }
}

/** False where somebody else made it first. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function openStep(path: string, create: boolean): Promise<Folder | undefined> {
  try {
    if (process.platform === 'linux') return heldFolder(path, await openDescriptor(path));
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

/** Not a `FileHandle`, whose end would wait for a turn of the thread pool: closing a folder does nothing on any disk. */
async function openDescriptor(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openNumber(path, OPEN_FOLDER, (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
}

function heldFolder(path: string, descriptor: number): Folder {
  const held = `${DESCRIPTORS}${descriptor}`;
  // Where /proc is not mounted, names are all there is. A path through it has just been opened.
  const base = path.startsWith(DESCRIPTORS) || existsSync(held) ? held : path;
  return {
    at: (name) => `${base}/${name}`,
    sync: () => syncDescriptor(descriptor),
    [Symbol.asyncDispose]: async () => closeSync(descriptor),
  };
}

// What `promisify` makes of it for each call takes longer than to begin one.
function syncDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
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
