import { readdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from './until-aborted.js';
import type { Folder } from './folder.js';
import { conflict } from './store-errors.js';
import { isAbandoned, modifiedAt, temporaryName, ticketOf } from './ticket.js';
import type { Ticket } from './ticket.js';
import { createExclusively } from './version-index.js';

// A turn takes as long as a rename and an fsync. Whoever holds one for longer is stopped or on a dead disk.
const LONGEST_WAIT_MS = 30_000;
const LONGEST_PAUSE_MS = 20;

/** Whose turn it is to be, and how long to wait for it. */
export interface TurnRequest {
  readonly ticket: Ticket;
  readonly uri: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until this ticket alone may change what a key names, among all processes. Throws `ERR_ABORTED`, and `ERR_ARTIFACT_CONFLICT` after
 * 30 seconds. It is no lock that a dead process could hold: tickets of those who are gone do not count.
 */
export async function takeTurn(temporary: Folder, request: TurnRequest): Promise<AsyncDisposable> {
  const file = temporary.at(temporaryName(request.ticket, 'turn'));
  const started = performance.now();
  let announced = false;
  try {
    for (let round = 0; ; round += 1) {
      if (request.signal !== undefined) throwIfAborted(request.signal);
      const rivals = await rivalsOf(temporary, request.ticket);
      // Each announces itself before it looks, so of two at least one sees the other: whoever sees nobody is alone.
      if (announced && rivals.length === 0) break;
      if (rivals.length === 0) {
        await (await createExclusively(file)).close();
        announced = true;
        continue;
      }
      // Of several that wait, the one with the lowest rank stays announced, and nobody new comes in before it.
      if (announced && rivals.some((rival) => rankOf(rival) < rankOf(request.ticket))) {
        await rm(file, { force: true });
        announced = false;
      }
      if (performance.now() - started > LONGEST_WAIT_MS) throw tooLong(request.uri);
      await sleep(Math.min(LONGEST_PAUSE_MS, 1 + round) * Math.random());
    }
    announced = false;
    return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
  } finally {
    if (announced) await rm(file, { force: true });
  }
}

async function rivalsOf(temporary: Folder, own: Ticket): Promise<readonly Ticket[]> {
  const rivals: Ticket[] = [];
  for (const name of await readdir(temporary.at('.'))) {
    if (!name.startsWith(own.keyHash) || !name.endsWith('.turn')) continue;
    const ticket = ticketOf(name);
    if (ticket === undefined || ticket.id === own.id) continue;
    const since = await modifiedAt(temporary.at(name));
    if (since !== undefined && !(await isAbandoned(ticket, Date.now() - since))) rivals.push(ticket);
  }
  return rivals;
}

/** By chance, not by process: nobody is always the last. */
function rankOf({ id }: Ticket): string {
  return id.slice(id.lastIndexOf('-') + 1);
}

function tooLong(uri: string): Error {
  return conflict(uri, `somebody else has been changing it for ${LONGEST_WAIT_MS / 1000} seconds`, 'later');
}
