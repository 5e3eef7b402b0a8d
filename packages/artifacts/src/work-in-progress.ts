import { rm } from 'node:fs/promises';
import type { ArtifactKey } from '@kb-labs/contracts';
import { keyHashOf } from './current-version.js';
import type { Folder } from './folder.js';
import { sweepKey } from './leftovers.js';
import { newTicket, temporaryName } from './ticket.js';
import type { Ticket } from './ticket.js';
import { createExclusively, openTemporary } from './version-index.js';

/** One change to a key under way: where its temporary files lie, and whose they are. */
export interface WorkInProgress {
  readonly temporary: Folder;
  readonly ticket: Ticket;
}

/** Works under a mark that is removed last: where it stays, the next start of a store sweeps this key. */
export async function underMark<T>(
  root: string,
  key: ArtifactKey,
  work: (progress: WorkInProgress) => Promise<T>,
): Promise<T> {
  const ticket = await newTicket(keyHashOf(key));
  await using temporary = await openTemporary(root, true);
  if (temporary === undefined) throw new Error('the folder of temporary files was removed by somebody else');
  const mark = temporary.at(temporaryName(ticket, 'mark'));
  await (await createExclusively(mark)).close();
  try {
    return await work({ temporary, ticket });
  } finally {
    await cleanUp(root, mark, ticket);
  }
}

async function cleanUp(root: string, mark: string, ticket: Ticket): Promise<void> {
  try {
    await sweepKey(root, ticket.keyHash);
    await rm(mark, { force: true });
  } catch {
    // What was published stays published. The mark is still there, and the next start sweeps.
  }
}
