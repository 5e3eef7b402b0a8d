import type { ArtifactKey } from '@kb-labs/contracts';
import { keyHashOf } from './current-version.js';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { sweepKey } from './leftovers.js';
import { createEmpty, unlinkIfThere } from './temporary-file.js';
import { newTicket, temporaryName } from './ticket.js';
import type { Ticket } from './ticket.js';
import { openTemporary } from './version-index.js';

/** One change to a key under way: where its temporary files lie, and whose they are. */
export interface WorkInProgress {
  /** The store's own folder. */
  readonly base: Folder;
  readonly temporary: Folder;
  readonly ticket: Ticket;
  /** Resolves when the mark is there. Until then nothing may be done but to make temporary files, which tell by themselves whose they are. */
  readonly marked: Promise<void>;
  /** Removes the mark: nothing of this key is left to sweep. */
  readonly finish: () => Promise<void>;
}

/** A store, and who works in it. */
export interface Workplace {
  readonly root: string;
  readonly owner: Promise<string>;
}

/** A change to a key. */
export interface Change<Places extends AsyncDisposable, T> {
  /** Begins to open what the work needs, while the mark is made. Closed after the work. */
  readonly open: (base: Folder, ticket: Ticket) => Places;
  readonly work: (progress: WorkInProgress, places: Places) => Promise<T>;
}

/** Works under a mark that is removed last: where it stays, the next start of a store sweeps this key. */
export async function underMark<Places extends AsyncDisposable, T>(
  { root, owner }: Workplace,
  key: ArtifactKey,
  { open, work }: Change<Places, T>,
): Promise<T> {
  const ticket = await newTicket(keyHashOf(key), owner);
  await using base = await openFolder({ root, segments: [], create: true });
  if (base === undefined) throw new Error('the folder of the store was removed by somebody else');
  const opening = openTemporary(base, true);
  await using places = open(base, ticket);
  await using temporary = await opening;
  if (temporary === undefined) throw new Error('the folder of temporary files was removed by somebody else');
  const mark = temporary.at(temporaryName(ticket, 'mark'));
  const marked = createEmpty(mark);
  // Whoever waits for it hears of it; the work may fail before that.
  marked.catch(() => undefined);
  let isFinished = false;
  const finish = async (): Promise<void> => {
    isFinished = true;
    await cleanUp(() => unlinkIfThere(mark));
  };
  try {
    return await work({ base, temporary, ticket, marked, finish }, places);
  } finally {
    if (!isFinished) {
      await cleanUp(async () => {
        await marked;
        await sweepKey(root, ticket.keyHash, [ticket.id]);
        await unlinkIfThere(mark);
      });
    }
  }
}

async function cleanUp(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    // What was published stays published. The mark is still there, and the next start sweeps.
  }
}
