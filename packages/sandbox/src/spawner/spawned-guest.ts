import type { Socket } from 'node:net';
import { findGuest } from '../fork/signal-guest.js';
import { readParent } from '../fork/list-children.js';
import type { GuestSignal, ProcessExit, StartedProcess } from '../fork/started-process.js';
import { createSettled, within } from '../wire/waiting.js';
import { withinTurns } from './within-turns.js';

/** The streams of a guest that has ended already arrive within this time. */
const LATE_MS = 100;

/** What there is to know of a guest whose parent is the spawner. */
export interface SpawnedGuestFacts {
  readonly pid: number;
  readonly walled: boolean;
  readonly spawnerPid: number | undefined;
  /** Asks the spawner, which alone knows whose a number is. */
  readonly signal: (name: GuestSignal) => Promise<void>;
  /** Whether the spawner is to hold the host, for the news of its end. */
  readonly hold: (held: boolean) => void;
}

/** A guest of the spawner, as the host knows it. */
export interface SpawnedGuest {
  /** Its output, error output and channel have arrived. */
  take(sockets: readonly Socket[]): StartedProcess | undefined;
  /** The spawner has seen it end. */
  end(exit: ProcessExit): void;
  /** How it ended. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** The spawner is gone, and its children end with it. One that is left all the same is ended from here. */
  orphan(): void;
}

/** Makes it, as soon as the spawner has told its number. */
export function createSpawnedGuest(facts: SpawnedGuestFacts): SpawnedGuest {
  const { pid, walled, spawnerPid } = facts;
  const { promise: exit, settle } = createSettled<ProcessExit>();
  let hasEnded = false;
  let channel: Socket | undefined;
  const parented = { pid, walled, hasEnded: () => hasEnded };
  return {
    exit,
    take([stdout, stderr, fd3]) {
      if (stdout === undefined || stderr === undefined || fd3 === undefined) return undefined;
      channel = fd3;
      const sockets = [stdout, stderr, fd3];
      const hold = (held: boolean): void => {
        facts.hold(held && !hasEnded);
        // A stream that has ended would wait for a connection, once more with each call.
        for (const socket of sockets.filter(({ destroyed }) => !destroyed)) {
          if (held) socket.ref();
          else socket.unref();
        }
      };
      hold(true);
      return {
        streams: { channel: fd3, stdout, stderr },
        // News of its end may be on the way, and its number somebody else's: whose child it is tells.
        guestPid: () => (readParent(pid) === spawnerPid ? findGuest(parented) : undefined),
        signal: async (name) => (hasEnded ? undefined : await facts.signal(name)),
        exit,
        hold,
      };
    },
    end(how) {
      hasEnded = true;
      facts.hold(false);
      settle(how);
    },
    orphan() {
      if (hasEnded) return;
      hasEnded = true;
      facts.hold(false);
      // As long as its channel is open somebody of its group lives, so the number is still theirs.
      if (channel !== undefined && !channel.readableEnded && !channel.destroyed) killGroup(pid);
      settle({ code: null, signal: 'SIGKILL', error: undefined });
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended with the spawner.
  }
}

/** Waits for what arrives for a guest. None where it does not: where this process has no descriptors left it closes them, which ends the guest. */
export async function awaitStreams(
  meeting: Promise<readonly Socket[]>,
  guest: SpawnedGuest,
  ms: number,
): Promise<readonly Socket[]> {
  const ended = guest.exit.then(() => within(LATE_MS, meeting));
  return (await Promise.race([withinTurns(ms, meeting), ended])) ?? [];
}
