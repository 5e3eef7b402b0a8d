import { constants, open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { errnoOf } from './store-errors.js';
import { createExclusively, unlinkIfThere } from './temporary-file.js';
import { formatVersion, parseVersion } from './version.js';
import type { Version } from './version.js';

/** Longer than any that a store writes: names and versions are bounded. */
const MAX_VERSION_BYTES = 16_384;

/** Opens the store's folder of temporary files. */
export function openTemporary(root: string | Folder, create: boolean): Promise<Folder | undefined> {
  return openFolder({ root, segments: ['.tmp'], create });
}

/** Opens the folder with the metadata of a key: one of 4 096, so that a thousand artifacts share none, and a million some 250 each. */
export function openShard(root: string | Folder, keyHash: string): Promise<Folder | undefined> {
  return openFolder({ root, segments: segmentsOf(keyHash), create: false });
}

/** The same, made where it is missing; `later` as for any folder. */
export async function makeShard(root: Folder, keyHash: string, later: (parent: Folder) => void): Promise<Folder> {
  const shard = await openFolder({ root, segments: segmentsOf(keyHash), create: true, later });
  if (shard === undefined) throw new Error('somebody else removed the folder of the metadata');
  return shard;
}

function segmentsOf(keyHash: string): readonly string[] {
  return ['.meta', keyHash.slice(0, 3)];
}

/** Every version that is written down for a key, those under way and those replaced included. */
export async function readVersions(root: string | Folder, keyHash: string): Promise<readonly Version[]> {
  await using shard = await openShard(root, keyHash);
  return shard === undefined ? [] : await versionsIn(shard, keyHash, () => true);
}

/** Those of them in a folder that is open, whose ids are asked for. */
export async function versionsIn(
  shard: Folder,
  keyHash: string,
  isWanted: (id: string) => boolean,
): Promise<readonly Version[]> {
  const versions: Version[] = [];
  for (const id of await versionIds(shard, keyHash)) {
    if (!isWanted(id)) continue;
    const text = await readIfThere(shard.at(versionName(keyHash, id)));
    const version = text === undefined ? undefined : parseVersion(id, text);
    if (version !== undefined) versions.push(version);
  }
  return versions;
}

/** The ids of all files in the folder that are called as a version of the key is, whole or not. */
export async function versionIds(shard: Folder, keyHash: string): Promise<readonly string[]> {
  const names = await readdir(shard.at('.'));
  return names
    .filter((name) => name.startsWith(`${keyHash}.`) && name.endsWith('.json'))
    .map((name) => name.slice(keyHash.length + 1, -'.json'.length));
}

/**
 * Makes the file of a version. Until `writeVersion` has written it whole, nobody takes it for one; what a dead process left of one is
 * swept.
 */
export function createVersion(shard: Folder, keyHash: string, id: string): Promise<FileHandle> {
  return createExclusively(shard.at(versionName(keyHash, id)));
}

/** Writes a version down whole. It is there for good when the file and its folder are synced. */
export async function writeVersion(file: FileHandle, version: Version): Promise<void> {
  await file.writeFile(formatVersion(version));
}

/** Forgets a version. */
export function removeVersion(shard: Folder, keyHash: string, id: string): Promise<void> {
  return unlinkIfThere(shard.at(versionName(keyHash, id)));
}

/** Opens a file for reading without following a link or waiting for the other end of a pipe. */
export function openPlainly(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
}

/** `undefined` also for what cannot be a version: it came with the folder from elsewhere. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    await using file = await openPlainly(path);
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MAX_VERSION_BYTES) return undefined;
    return await file.readFile('utf8');
  } catch (error) {
    // It was replaced and swept since the folder was listed.
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function versionName(keyHash: string, id: string): string {
  return `${keyHash}.${id}.json`;
}
