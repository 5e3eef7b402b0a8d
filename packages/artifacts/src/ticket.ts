import { createHash, randomBytes } from 'node:crypto';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errnoOf } from './store-errors.js';

/** One write or deletion under way. Its names tell whose it is, so that what a dead process left can be told from work in progress. */
export interface Ticket {
  /** The artifact's key as 64 hex digits, equal for keys that differ by case or spelling alone. */
  readonly keyHash: string;
  /** `<where its process is numbered>-<pid>-<start of the process>-<random>`. */
  readonly id: string;
}

/** What a temporary file is for. */
export type TemporaryKind = 'mark' | 'data' | 'json' | 'turn';

// Longer than any write that is still going on, on a machine whose processes cannot be seen from here.
const FOREIGN_AGE_MS = 24 * 60 * 60 * 1000;
const NAME = /^([0-9a-f]{64})\.([0-9a-f]{8}-\d+-\d+-[0-9a-f]{16})\.(?:mark|data|json|turn)$/;

/** Where this process is numbered, its number and its start: the same for as long as it lives. */
export async function whoThisIs(): Promise<string> {
  return `${await placeTag()}-${process.pid}-${(await startOf(process.pid)) ?? '0'}`;
}

/** A ticket of this process. */
export async function newTicket(keyHash: string, owner: Promise<string> = whoThisIs()): Promise<Ticket> {
  return { keyHash, id: `${await owner}-${randomBytes(8).toString('hex')}` };
}

/** The name of one of a ticket's temporary files. */
export function temporaryName(ticket: Ticket, kind: TemporaryKind): string {
  return `${ticket.keyHash}.${ticket.id}.${kind}`;
}

/** The ticket that a temporary file belongs to, `undefined` for a name that is none of ours. */
export function ticketOf(name: string): Ticket | undefined {
  const [, keyHash, id] = NAME.exec(name) ?? [];
  return keyHash === undefined || id === undefined ? undefined : { keyHash, id };
}

/** What can be told of whoever a ticket belongs to. `alike`: there is a process of that number, and no telling whether it is the same one. */
export type TicketOwner = 'running' | 'alike' | 'gone' | 'unseen';

/** Looks for the process. One of another machine, or of another container, cannot be seen from here. */
export async function ownerOf(ticket: Ticket): Promise<TicketOwner> {
  const [place, pid, start] = ticket.id.split('-');
  if (place !== (await placeTag())) return 'unseen';
  if (!isRunning(Number(pid))) return 'gone';
  const now = await startOf(Number(pid));
  if (now === undefined) return Number(pid) === process.pid ? 'running' : 'alike';
  // Whoever can read when processes start says so: this ticket was not made here.
  if (start === '0') return 'unseen';
  // A restarted container gives its first process the same number again, but not the same start.
  return now === start ? 'running' : 'gone';
}

/** Whether nobody works on it any more: its process is gone, or cannot be told from here and has been silent for a day. */
export async function isAbandoned(ticket: Ticket, ageMs: number): Promise<boolean> {
  const owner = await ownerOf(ticket);
  return owner === 'gone' || (owner !== 'running' && ageMs > FOREIGN_AGE_MS);
}

/** When a temporary file was last written to, in milliseconds since the epoch; `undefined` where it is gone. */
export async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Equal for processes that see each other's numbers: a name of a host alone is given to several containers, and kept over a restart. */
async function placeTag(): Promise<string> {
  const parts = await Promise.all([bootId(), processNamespace()]);
  const place = parts.includes(undefined) ? [hostname()] : [hostname(), ...parts];
  return createHash('sha256').update(place.join('\n')).digest('hex').slice(0, 8);
}

async function bootId(): Promise<string | undefined> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
  } catch {
    // Not Linux, or /proc is not mounted: the name of the host has to do.
    return undefined;
  }
}

async function processNamespace(): Promise<string | undefined> {
  try {
    return await readlink('/proc/self/ns/pid');
  } catch {
    // As above.
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Any other error means that it is there and belongs to somebody else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    // Field 22; the second one, in brackets, may hold spaces and brackets itself.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // It ended in between, or /proc is not mounted: its number has to do.
    return undefined;
  }
}
