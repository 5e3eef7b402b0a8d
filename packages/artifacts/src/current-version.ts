import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ArtifactKey } from '@kb-labs/contracts';
import { foldPath } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { openFolder } from './folder.js';
import { corrupt, errnoOf, linkInTheWay } from './store-errors.js';
import { openPlainly, readVersions } from './version-index.js';
import type { Version } from './version.js';

const CHUNK_BYTES = 256 * 1024;

/** The data that lies under an artifact's name at one moment, open, and the version that tells of it. */
export interface CurrentVersion extends AsyncDisposable {
  readonly file: FileHandle;
  readonly version: Version;
}

/** Where in the store the data of a key lies. */
export interface DataPlace {
  readonly segments: readonly string[];
  readonly name: string;
}

/** The same 64 hex digits for all keys that one file may have on some file system. */
export function keyHashOf({ pluginId, path }: ArtifactKey): string {
  return createHash('sha256')
    .update(`${pluginId}\0${foldPath(path)}`)
    .digest('hex');
}

/** Splits a key into the folder and the file name of its data. */
export function placeOf({ pluginId, path }: ArtifactKey): DataPlace {
  const segments = `${pluginId}/${path}`.split('/');
  return { segments: segments.slice(0, -1), name: segments.at(-1) ?? '' };
}

/**
 * Opens what lies under a name with the version that belongs to it, `undefined` where there is none. Throws `ERR_PERMISSION_DENIED` for a
 * link and `ERR_ARTIFACT_CORRUPT` for a file that no version tells of.
 */
export async function openCurrent(root: string, key: ArtifactKey): Promise<CurrentVersion | undefined> {
  const { segments, name } = placeOf(key);
  await using folder = await openFolder({ root, segments, create: false });
  if (folder === undefined) return undefined;
  // Ends as soon as nobody replaces the file between two steps; each round means that somebody else got further.
  for (;;) {
    const file = await openData(folder.at(name), name);
    if (file === undefined) return undefined;
    let version: Version | undefined;
    try {
      const versions = await versionsOf(root, key);
      // While the name leads to this file, its version cannot have been swept, so it is among those just read.
      if (!(await isStill(folder.at(name), file))) continue;
      version = await versionOf(file, versions);
      if (version === undefined) throw corrupt(artifactUri(key), 'it is not a file that the store wrote');
      return { file, version, [Symbol.asyncDispose]: () => file.close() };
    } finally {
      if (version === undefined) await file.close();
    }
  }
}

/**
 * Tells one file from all others of a store, also from one that got the inode of a deleted one. A rename does not change it, a write does.
 */
export function identityOf(stats: BigIntStats): string {
  return `${stats.ino}-${stats.mtimeNs}`;
}

/** Reads a file from its start, whatever was read from the handle before. */
export async function* readChunks(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function versionsOf(root: string, key: ArtifactKey): Promise<readonly Version[]> {
  const versions = await readVersions(root, keyHashOf(key));
  return versions.filter((version) => version.path === key.path && version.pluginId === key.pluginId);
}

async function openData(path: string, name: string): Promise<FileHandle | undefined> {
  try {
    // Windows has no O_NOFOLLOW.
    if (process.platform === 'win32' && (await lstat(path)).isSymbolicLink()) throw linkInTheWay(name);
    const file = await openPlainly(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EISDIR') return undefined;
    // FreeBSD says EMLINK.
    if (errnoOf(error) === 'ELOOP' || errnoOf(error) === 'EMLINK') throw linkInTheWay(name);
    throw error;
  }
}

/** The inode names the version where the store lies as it was written. A copy of a store is told by size and hash. */
async function versionOf(file: FileHandle, versions: readonly Version[]): Promise<Version | undefined> {
  const stats = await file.stat({ bigint: true });
  const identity = identityOf(stats);
  const same = versions.filter((version) => version.identity === identity);
  if (same.length === 1) return same[0];
  const fitting = versions.filter((version) => BigInt(version.bytes) === stats.size);
  if (versions.length <= 1 || fitting.length === 0) return fitting[0];
  const hash = createHash('sha256');
  for await (const chunk of readChunks(file)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  return fitting.filter((version) => version.sha256 === sha256).sort((a, b) => b.createdAt - a.createdAt)[0];
}

async function isStill(path: string, file: FileHandle): Promise<boolean> {
  try {
    return (await lstat(path, { bigint: true })).ino === (await file.stat({ bigint: true })).ino;
  } catch (error) {
    // Gone in between.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
