import { lstat, readdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from './until-aborted.js';
import type { Folder } from './folder.js';
import { conflict, errnoOf } from './store-errors.js';
import { isAbandoned, ownerOf, temporaryName, ticketOf } from './ticket.js';
import type { Ticket } from './ticket.js';
import { createEmpty, unlinkIfThere } from './temporary-file.js';

// A turn takes as long as a rename and an fsync. Whoever holds one for longer is stopped or on a dead disk.
const LONGEST_WAIT_MS = 30_000;
const LONGEST_PAUSE_MS = 20;
/** For those of other machines and containers, of which nobody here can tell whether they live: a folder may have come with such a file in it. */
const LONGEST_UNSEEN_MS = 5_000;

/** Whose turn it is to be, and how long to wait for it. */
export interface TurnRequest {
  readonly ticket: Ticket;
  readonly uri: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until this ticket alone may change what a key names, among all processes. Throws `ERR_ABORTED`, and `ERR_ARTIFACT_CONFLICT` after
 * 30 seconds. It is no lock that a dead process could hold: tickets of those who are gone do not count, and those of other machines and
 * containers for five seconds, after which their turn is over.
 */
export async function takeTurn(temporary: Folder, request: TurnRequest): Promise<AsyncDisposable> {
  const file = temporary.at(temporaryName(request.ticket, 'turn'));
  const started = performance.now();
  const seen = new Map<string, number>();
  let announced = false;
  let rivals: readonly Ticket[] = [];
  try {
    for (let round = 0; ; round += 1) {
      if (request.signal !== undefined) throwIfAborted(request.signal);
      if (!announced && rivals.length === 0) {
        await createEmpty(file);
        announced = true;
      }
      // Each announces itself before it looks, so of two at least one sees the other: whoever sees nobody is alone.
      rivals = await rivalsOf(temporary, request.ticket, seen);
      if (announced && rivals.length === 0) break;
      // Of several that wait, the one with the lowest rank stays announced, and the others step back.
      if (announced && rivals.some((rival) => rankOf(rival) < rankOf(request.ticket))) {
        await rm(file, { force: true });
        announced = false;
      }
      if (rivals.length === 0) continue;
      if (performance.now() - started > LONGEST_WAIT_MS) throw tooLong(request.uri);
      await sleep(Math.min(LONGEST_PAUSE_MS, 1 + round) * Math.random());
    }
    announced = false;
    let isOver = false;
    return {
      async [Symbol.asyncDispose]() {
        if (isOver) return;
        isOver = true;
        await unlinkIfThere(file);
      },
    };
  } finally {
    if (announced) await rm(file, { force: true });
  }
}

/** Those who have announced themselves. `seen` remembers when each was first met. */
async function rivalsOf(temporary: Folder, own: Ticket, seen: Map<string, number>): Promise<readonly Ticket[]> {
  const rivals: Ticket[] = [];
  for (const name of await readdir(temporary.at('.'))) {
    if (!name.startsWith(own.keyHash) || !name.endsWith('.turn')) continue;
    const ticket = ticketOf(name);
    if (ticket === undefined || ticket.id === own.id) continue;
    const since = await announcedAt(temporary.at(name));
    if (since === undefined || (await isAbandoned(ticket, Date.now() - since))) continue;
    const met = seen.get(ticket.id) ?? performance.now();
    seen.set(ticket.id, met);
    if (performance.now() - met > LONGEST_UNSEEN_MS && (await ownerOf(ticket)) === 'unseen') {
      await rm(temporary.at(name), { force: true });
    } else rivals.push(ticket);
  }
  return rivals;
}

/** `undefined` where it is gone, or is nothing that a store makes: its files are its owner's alone, and what comes with a checkout is not. */
async function announcedAt(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path);
    const isOurs = stats.isFile() && (process.platform === 'win32' || (stats.mode & 0o077) === 0);
    return isOurs ? stats.mtimeMs : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** By chance, not by process: nobody is always the last. */
function rankOf({ id }: Ticket): string {
  return id.slice(id.lastIndexOf('-') + 1);
}

function tooLong(uri: string): Error {
  return conflict(uri, `somebody else has been changing it for ${LONGEST_WAIT_MS / 1000} seconds`, 'later');
}
