import { readdir, rm } from 'node:fs/promises';
import type { ArtifactKey } from '@kb-labs/contracts';
import { isPluginError } from '@kb-labs/contracts';
import { openCurrent } from './current-version.js';
import type { Folder } from './folder.js';
import { isAbandoned, modifiedAt, temporaryName, ticketOf } from './ticket.js';
import type { Ticket } from './ticket.js';
import { openTemporary, readVersions, removeVersion } from './version-index.js';
import type { Version } from './version.js';

/** Removes what processes that are gone left behind. Work in progress, of this process or another, is not touched. */
export async function sweepStore(root: string): Promise<void> {
  await using temporary = await openTemporary(root, false);
  if (temporary === undefined) return;
  const marks: Ticket[] = [];
  for (const name of await readdir(temporary.at('.'))) {
    const ticket = ticketOf(name);
    if (ticket === undefined || !(await isLeftover(temporary, name, ticket))) continue;
    if (name.endsWith('.mark')) marks.push(ticket);
    else await rm(temporary.at(name), { force: true });
  }
  for (const ticket of marks) {
    await sweepKey(root, ticket.keyHash);
    // Last, so that a sweep that is itself cut short is done again.
    await rm(temporary.at(temporaryName(ticket, 'mark')), { force: true });
  }
}

/**
 * Forgets the versions of a key that can never be read again. Data leaves its temporary name once, by being published or given up, so
 * a version whose temporary file is gone, and which is not current **after** that was seen, is dead.
 */
export async function sweepKey(root: string, keyHash: string): Promise<void> {
  const settled: Version[] = [];
  for (const version of await readVersions(root, keyHash)) {
    if ((await pendingSince(root, { keyHash, id: version.id })) === undefined) settled.push(version);
  }
  for (const version of settled) {
    if (await isCurrent(root, version)) continue;
    await removeVersion(root, keyHash, version);
  }
}

/** The path of another artifact that holds the same place. Exact for whoever has the turn of the key. */
export async function findTwin(root: string, keyHash: string, key: ArtifactKey): Promise<string | undefined> {
  for (const version of await readVersions(root, keyHash)) {
    if (version.path !== key.path && (await isCurrent(root, version))) return version.path;
  }
  return undefined;
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

async function pendingSince(root: string, ticket: Ticket): Promise<number | undefined> {
  await using temporary = await openTemporary(root, false);
  // Awaited here, or the folder would be closed, and its number somebody else's, before it is looked into.
  return temporary === undefined ? undefined : await modifiedAt(temporary.at(temporaryName(ticket, 'data')));
}

async function isLeftover(temporary: Folder, name: string, ticket: Ticket): Promise<boolean> {
  const modified = await modifiedAt(temporary.at(name));
  return modified !== undefined && (await isAbandoned(ticket, Date.now() - modified));
}
