import { readFileSync } from 'node:fs';
import { clockNs } from '../ledger.js';

/** Reading a file at every look would itself be most of the use. */
const STALE_NS = 5_000_000;

/** Nanoseconds of CPU time that this thread has used. Where the system does not tell, all time that passes while the guest runs counts. */
export function createCpuClock(): () => number {
  // Node 23.9 and later.
  if (typeof process.threadCpuUsage === 'function') {
    const usage = process.threadCpuUsage.bind(process);
    return () => {
      const { user, system } = usage();
      return (user + system) * 1_000;
    };
  }
  if (readScheduled() === undefined) return clockNs;
  let seenAt = 0;
  let seen = 0;
  return () => {
    const now = clockNs();
    if (now - seenAt > STALE_NS) {
      seen = readScheduled() ?? seen;
      seenAt = now;
    }
    return seen;
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
