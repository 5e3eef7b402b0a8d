import { readFileSync } from 'node:fs';

/** What a process has used at one moment. */
export interface ProcessSample {
  /** User and system time of all threads, in steps of 10 ms. */
  readonly cpuMs: number;
  /** What it holds: resident and swapped pages, and the page tables that even untouched memory costs once it is read. */
  readonly heldBytes: number;
  /** The most that was ever resident, as the kernel keeps it. */
  readonly peakBytes: number;
}

// USER_HZ is 100 on every architecture that Node is built for on Linux.
const MS_PER_TICK = 10;

/** Reads what a process uses, from outside it. `undefined` where it is gone, or where there is no `/proc`. */
export function sampleProcess(pid: number): ProcessSample | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    // The command may hold spaces and parentheses; what counts begins behind its last one, with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const residentBytes = readKib(status, 'VmRSS');
    if (residentBytes === 0) return undefined;
    const heldBytes = residentBytes + readKib(status, 'VmSwap') + readKib(status, 'VmPTE');
    return { cpuMs: ticks * MS_PER_TICK, heldBytes, peakBytes: Math.max(heldBytes, readKib(status, 'VmHWM')) };
  } catch {
    // It ended between two looks; the last sample stands.
    return undefined;
  }
}

function readKib(status: string, name: string): number {
  const found = status.indexOf(`${name}:`);
  // A process that is ending has no memory lines any more.
  return found === -1 ? 0 : Number.parseInt(status.slice(found + name.length + 1), 10) * 1_024;
}
