import { readFileSync } from 'node:fs';
import { clockNs } from '../ledger.js';

/** Reading a file at every look would itself be most of the use. */
const STALE_NS = 5_000_000;

/** Nanoseconds of CPU time that this thread has used. */
export interface CpuClock {
  /** At the beginning of a turn. */
  atEntry(): number;
  /** Within a turn: up to some milliseconds ago. */
  recent(): number;
  /** At the end of a turn. */
  atExit(): number;
}

/** Makes it. Where the system does not tell, all time that passes while the guest runs counts. */
export function createCpuClock(): CpuClock {
  // Node 23.9 and later.
  if (typeof process.threadCpuUsage === 'function') {
    const usage = process.threadCpuUsage.bind(process);
    const read = (): number => {
      const { user, system } = usage();
      return (user + system) * 1_000;
    };
    return countAll(read, 0);
  }
  if (readScheduled() !== undefined) return countAll(() => readScheduled() ?? 0, STALE_NS);
  return { atEntry: clockNs, recent: clockNs, atExit: clockNs };
}

/** The kernel adds up when it looks or when the thread waits, so a short turn shows in a later reading only: nothing between two turns is left out. */
function countAll(read: () => number, staleNs: number): CpuClock {
  let seen = read();
  let seenAt = clockNs();
  const readNow = (): number => {
    seen = Math.max(seen, read());
    seenAt = clockNs();
    return seen;
  };
  return {
    atEntry: () => seen,
    recent: () => (clockNs() - seenAt >= staleNs ? readNow() : seen),
    atExit: readNow,
  };
}

/** Linux: nanoseconds on a processor, then nanoseconds of waiting for one, then turns. */
function readScheduled(): number | undefined {
  try {
    const [running = ''] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    return Number(running);
  } catch {
    // Not Linux, or a kernel without these figures.
    return undefined;
  }
}
