import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

/** What a process has used at one moment. */
export interface ProcessSample {
  /** User and system time of all threads, in steps of 10 ms. */
  readonly cpuMs: number;
  /** What it holds: resident and swapped pages, and the page tables that even untouched memory costs once it is read. */
  readonly heldBytes: number;
  /** The most that was ever resident, as the kernel keeps it. */
  readonly peakBytes: number;
}

/** Reads what one process uses, from outside it. */
export interface ProcessMeter {
  /** `undefined` once it is gone. */
  sample(): ProcessSample | undefined;
  /** Lets the peak begin anew at what is resident now. `false` where the kernel does not let this process do that. */
  forgetPeak(): boolean;
  close(): void;
}

// USER_HZ is 100 on every architecture that Node is built for on Linux.
const MS_PER_TICK = 10;
/** Both files are shorter than this. */
const MAX_TEXT = 8_192;

/**
 * Opens the kernel's two files about a process and keeps them open: to read them again costs a tenth of opening them, and they never speak of
 * another process that has got its number. `undefined` where it is gone, where there is no `/proc`, and where there are no descriptors left.
 */
export function openProcessMeter(pid: number): ProcessMeter | undefined {
  const opened: number[] = [];
  const close = (): void => {
    for (const fd of opened.splice(0)) closeSync(fd);
  };
  try {
    const [stat, status] = ['stat', 'status'].map((name) => {
      const fd = openSync(`/proc/${pid}/${name}`, 'r');
      opened.push(fd);
      return fd;
    });
    const text = Buffer.allocUnsafe(MAX_TEXT);
    const read = (fd = -1): string => text.toString('latin1', 0, readSync(fd, text, 0, MAX_TEXT, 0));
    let last: Sight | undefined;
    return {
      sample() {
        if (opened.length === 0) return undefined;
        const next = look(last, { stat: () => read(stat), status: () => read(status) });
        last = next ?? last;
        return next?.sample;
      },
      forgetPeak() {
        last = undefined;
        return forgetPeak(pid);
      },
      close,
    };
  } catch {
    close();
    return undefined;
  }
}

/** A sample, and what tells whether the memory of the process can have been another one since. */
interface Sight {
  readonly sample: ProcessSample;
  /** Page faults of all its threads so far, and pages that are resident. */
  readonly pages: string;
}

interface KernelFiles {
  readonly stat: () => string;
  readonly status: () => string;
}

/**
 * Reads the longer file only where memory can have changed. A page becomes resident, and a page table grows, by a fault of one of the threads, and what
 * the kernel joins, moves out or frees changes how many are resident: without either what was held, and its peak, are what they were.
 */
function look(last: Sight | undefined, files: KernelFiles): Sight | undefined {
  try {
    const stat = files.stat();
    // The command may hold spaces and parentheses; what counts begins behind its last one, with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
    const pages = `${fields[7]} ${fields[9]} ${fields[21]}`;
    if (last?.pages === pages) return { sample: { ...last.sample, cpuMs }, pages };
    const status = files.status();
    const residentBytes = readKib(status, 'VmRSS');
    if (residentBytes === 0) return undefined;
    const heldBytes = residentBytes + readKib(status, 'VmSwap') + readKib(status, 'VmPTE');
    const peakBytes = Math.max(heldBytes, readKib(status, 'VmHWM'));
    return { sample: { cpuMs, heldBytes, peakBytes }, pages };
  } catch {
    // It ended between two looks; the last sample stands.
    return undefined;
  }
}

/** "5" resets the peak resident set (proc_pid_clear_refs(5)). */
function forgetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    // It is gone, or somebody else's: the peak is that of its whole life then.
    return false;
  }
}

function readKib(status: string, name: string): number {
  const found = status.indexOf(`${name}:`);
  // A process that is ending has no memory lines any more.
  return found === -1 ? 0 : Number.parseInt(status.slice(found + name.length + 1), 10) * 1_024;
}
