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
  /** What is written before it has its name. */
  readonly data: string;
  /**
   * Makes a mark. As long as there is neither that nor `data`, nothing may be done but to make temporary files: they tell by themselves whose they
   * are, and of these two that there is a key to sweep.
   */
  readonly mark: () => Promise<void>;
  /** Removes both, or the mark alone where the data has left: nothing of this key is left to sweep. */
  readonly finish: (hasDataLeft: boolean) => Promise<void>;
}

/** A store, and who works in it. */
export interface Workplace {
  readonly root: string;
  readonly owner: Promise<string>;
}

/** A change to a key. */
export interface Change<Places extends AsyncDisposable, T> {
  /** Begins to open what the work needs, while the folder of temporary files is opened. Closed after the work. */
  readonly open: (base: Folder, ticket: Ticket) => Places;
  readonly work: (progress: WorkInProgress, places: Places) => Promise<T>;
}

/** Works on a key. What tells of it is removed last: where it stays, the next start of a store sweeps this key. */
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
  const sign = new Sign(temporary, ticket);
  const { data } = sign;
  const mark = (): Promise<void> => sign.mark();
  let isFinished = false;
  const finish = async (hasDataLeft: boolean): Promise<void> => {
    isFinished = true;
    await cleanUp(() => sign.remove(hasDataLeft));
  };
  try {
    return await work({ base, temporary, ticket, data, mark, finish }, places);
  } finally {
    if (!isFinished) await cleanUp(() => sweepAndRemove(root, ticket, sign));
  }
}

/** What tells those who come later of a change that may have been cut short. */
class Sign {
  readonly data: string;
  readonly #mark: string;
  #marked: Promise<void> | undefined;

  constructor(temporary: Folder, ticket: Ticket) {
    this.data = temporary.at(temporaryName(ticket, 'data'));
    this.#mark = temporary.at(temporaryName(ticket, 'mark'));
  }

  async mark(): Promise<void> {
    this.#marked ??= createEmpty(this.#mark);
    await this.#marked;
  }

  async remove(hasDataLeft: boolean): Promise<void> {
    if (!hasDataLeft) await unlinkIfThere(this.data);
    if (this.#marked !== undefined) await unlinkIfThere(this.#mark);
  }
}

async function sweepAndRemove(root: string, { keyHash, id }: Ticket, sign: Sign): Promise<void> {
  try {
    await sweepKey(root, keyHash, { ended: [id], givenUp: [id] });
  } catch {
    // The data may be large, and need not stay for that.
    await sign.mark();
    await unlinkIfThere(sign.data);
    return;
  }
  await sign.remove(false);
}

async function cleanUp(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    // What was published stays published. The mark is still there, and the next start sweeps.
  }
}
