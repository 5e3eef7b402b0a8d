import { lstat, readdir, rm } from 'node:fs/promises';
import type { ArtifactKey } from '@kb-labs/contracts';
import { isPluginError } from '@kb-labs/contracts';
import { allDone } from './all-done.js';
import { identityOf, openCurrent, placeOf } from './current-version.js';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { errnoOf } from './store-errors.js';
import { isAbandoned, modifiedAt, temporaryName, ticketOf } from './ticket.js';
import type { Ticket } from './ticket.js';
import { openShard, openTemporary, removeVersion, versionIds, versionsIn } from './version-index.js';
import type { Version } from './version.js';

/** Removes what processes that are gone left behind. Work in progress, of this process or another, is not touched. */
export async function sweepStore(root: string): Promise<void> {
  await using temporary = await openTemporary(root, false);
  if (temporary === undefined) return;
  const signs: { readonly name: string; readonly ticket: Ticket }[] = [];
  for (const name of await readdir(temporary.at('.'))) {
    const ticket = ticketOf(name);
    if (ticket === undefined || !(await isLeftover(temporary, name, ticket))) continue;
    // Both tell of a change that was cut short.
    if (name.endsWith('.mark') || name.endsWith('.data')) signs.push({ name, ticket });
    else await rm(temporary.at(name), { force: true });
  }
  for (const { name, ticket } of signs) {
    const ids = [ticket.id];
    await sweepKey(root, ticket.keyHash, name.endsWith('.data') ? { ended: ids, givenUp: ids } : { ended: ids });
    // Last, so that a sweep that is itself cut short is done again.
    await rm(temporary.at(name), { force: true });
  }
}

/** Ids of which something is known. */
export interface KnownIds {
  /** Nobody writes under them any more: what is no whole version of those never will be one, and goes as well. */
  readonly ended: readonly string[];
  /** Their data will never be published, though it may still have its temporary name. */
  readonly givenUp?: readonly string[];
}

/**
 * Forgets the versions of a key that can never be read again. Data leaves its temporary name once, by being published or given up, so
 * a version whose temporary file is gone, and which is not current **after** that was seen, is dead.
 */
export async function sweepKey(root: string, keyHash: string, known: KnownIds = { ended: [] }): Promise<void> {
  const { ended, givenUp = [] } = known;
  await using shard = await openShard(root, keyHash);
  if (shard === undefined) return;
  const present = ended.length === 0 ? [] : await versionIds(shard, keyHash);
  const settled: Version[] = [];
  const whole = new Set<string>();
  for (const version of await versionsIn(shard, keyHash, () => true)) {
    whole.add(version.id);
    if (givenUp.includes(version.id) || !(await isPending(root, { keyHash, id: version.id }))) settled.push(version);
  }
  for (const version of settled) {
    if (!(await isCurrent(root, version))) await removeVersion(shard, keyHash, version.id);
  }
  for (const id of present) if (ended.includes(id) && !whole.has(id)) await removeVersion(shard, keyHash, id);
}

/** A version that has just been published, and the others of its key, as they stood while somebody had the turn of it. */
export interface Replacement {
  readonly keyHash: string;
  readonly published: Version;
  readonly others: readonly Version[];
}

/** Where a key's metadata and work in progress lie. */
export interface KeyFolders {
  readonly shard: Folder;
  readonly temporary: Folder;
}

/** Forgets the versions that another has replaced. False where it cannot tell, or fails: then `sweepKey` is for the rest. */
export async function sweepReplaced(base: Folder, folders: KeyFolders, replacement: Replacement): Promise<boolean> {
  try {
    return await forgetReplaced(base, folders, replacement);
  } catch {
    // What was published is published. The sweep of the whole key comes next, and says nothing either where it fails.
    return false;
  }
}

async function forgetReplaced(
  base: Folder,
  { shard, temporary }: KeyFolders,
  replacement: Replacement,
): Promise<boolean> {
  const { keyHash, published, others } = replacement;
  // One of another spelling may be current under its own name.
  if (others.some(({ path, pluginId }) => path !== published.path || pluginId !== published.pluginId)) return false;
  const settled: string[] = [];
  for (const { id } of others) {
    const pending = await modifiedAt(temporary.at(temporaryName({ keyHash, id }, 'data')));
    if (pending === undefined) settled.push(id);
  }
  // All of these had left their temporary names before the name was seen to lead to another, so it leads to none of them for good.
  if (settled.length > 0 && (await identityAt(base, published)) !== published.identity) return false;
  await allDone(settled.map((id) => removeVersion(shard, keyHash, id)));
  return true;
}

/** The path of another artifact that holds the same place. Exact for whoever has the turn of the key. */
export async function findTwin(
  root: string,
  key: ArtifactKey,
  others: readonly Version[],
): Promise<string | undefined> {
  for (const version of others) {
    if (version.path !== key.path && (await isCurrent(root, version))) return version.path;
  }
  return undefined;
}

async function identityAt(root: Folder, key: ArtifactKey): Promise<string | undefined> {
  const { segments, name } = placeOf(key);
  await using folder = await openFolder({ root, segments, create: false });
  if (folder === undefined) return undefined;
  try {
    return identityOf(await lstat(folder.at(name), { bigint: true }));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isCurrent(root: string, version: Version): Promise<boolean> {
  try {
    await using current = await openCurrent(root, version);
    return current?.version.id === version.id;
  } catch (error) {
    // A link or a foreign file stands there. Nothing is forgotten until a person has looked at it.
    if (isPluginError(error)) return true;
    throw error;
  }
}

async function isPending(root: string, ticket: Ticket): Promise<boolean> {
  await using temporary = await openTemporary(root, false);
  // Awaited here, or the folder would be closed, and its number somebody else's, before it is looked into.
  return temporary !== undefined && (await modifiedAt(temporary.at(temporaryName(ticket, 'data')))) !== undefined;
}

async function isLeftover(temporary: Folder, name: string, ticket: Ticket): Promise<boolean> {
  const modified = await modifiedAt(temporary.at(name));
  return modified !== undefined && (await isAbandoned(ticket, Date.now() - modified));
}
