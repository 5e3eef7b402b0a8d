import { constants, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { errnoOf } from './store-errors.js';
import { temporaryName } from './ticket.js';
import type { Ticket } from './ticket.js';
import { formatVersion, parseVersion } from './version.js';
import type { Version } from './version.js';

/** Longer than any that a store writes: names and versions are bounded. */
const MAX_VERSION_BYTES = 16_384;

/** Opens the store's folder of temporary files. */
export function openTemporary(root: string, create: boolean): Promise<Folder | undefined> {
  return openFolder({ root, segments: ['.tmp'], create });
}

/** Every version that is written down for a key, those under way and those replaced included. */
export async function readVersions(root: string, keyHash: string): Promise<readonly Version[]> {
  await using shard = await openShard(root, keyHash, false);
  if (shard === undefined) return [];
  const versions: Version[] = [];
  for (const name of await readdir(shard.at('.'))) {
    if (!name.startsWith(`${keyHash}.`) || !name.endsWith('.json')) continue;
    const text = await readIfThere(shard.at(name));
    const version =
      text === undefined ? undefined : parseVersion(name.slice(keyHash.length + 1, -'.json'.length), text);
    if (version !== undefined) versions.push(version);
  }
  return versions;
}

/** Writes a version down, whole and for good, before the data it tells of is published. */
export async function addVersion(root: string, temporary: Folder, { ticket, version }: NewVersion): Promise<void> {
  const draft = temporary.at(temporaryName(ticket, 'json'));
  await using shard = await openShard(root, ticket.keyHash, true);
  if (shard === undefined) throw new Error('the folder of the metadata was removed by somebody else');
  await writeDurably(draft, formatVersion(version));
  await rename(draft, shard.at(versionName(ticket.keyHash, version.id)));
  await shard.sync();
}

interface NewVersion {
  readonly ticket: Ticket;
  readonly version: Version;
}

/** Forgets a version. */
export async function removeVersion(root: string, keyHash: string, version: Version): Promise<void> {
  await using shard = await openShard(root, keyHash, false);
  if (shard !== undefined) await rm(shard.at(versionName(keyHash, version.id)), { force: true });
}

/** Opens a new file, 0600, that only its owner sees. */
export function createExclusively(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
}

/** Opens a file for reading without following a link or waiting for the other end of a pipe. */
export function openPlainly(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await createExclusively(path);
  await file.writeFile(text);
  await file.sync();
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

// 4 096 folders: a thousand artifacts share none, a million some 250 each.
function openShard(root: string, keyHash: string, create: boolean): Promise<Folder | undefined> {
  return openFolder({ root, segments: ['.meta', keyHash.slice(0, 3)], create });
}

function versionName(keyHash: string, id: string): string {
  return `${keyHash}.${id}.json`;
}
