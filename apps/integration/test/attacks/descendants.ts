import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process as the kernel shows it to whoever runs as the same user. */
export interface SeenProcess {
  readonly pid: number;
  readonly commandLine: string;
  /** What it was started with; what it sets later does not show. */
  readonly environment: string;
  readonly limits: string;
  /** Where each descriptor leads, by its number. */
  readonly descriptors: Readonly<Record<string, string>>;
}

/** All processes below this one, at this moment. One that is being started is a copy of this process first, and is left out. */
export function seeDescendants(): readonly SeenProcess[] {
  const parents = new Map(listPids().map((pid) => [pid, parentOf(pid)]));
  const isBelow = (pid: number | undefined): boolean => {
    const parent = pid === undefined ? undefined : parents.get(pid);
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  const own = see(process.pid).commandLine;
  return [...parents.keys()]
    .filter(isBelow)
    .map(see)
    .filter(({ commandLine }) => commandLine !== own);
}

/** Not what builds a wall around a guest, or sets its limits, and has the guest's command line behind its own. */
export function isProgramOfGuest({ commandLine }: SeenProcess): boolean {
  const [program = ''] = commandLine.split('\0');
  return commandLine.includes('--max-old-space-size') && program.endsWith('node');
}

/** One process. What cannot be read (it has ended, or is another user's) is empty. */
export function see(pid: number): SeenProcess {
  const read = (name: string): string => attempt(() => readFileSync(`/proc/${pid}/${name}`, 'latin1')) ?? '';
  const numbers = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  const links = numbers.map((fd) => [fd, attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '']);
  return {
    pid,
    commandLine: read('cmdline'),
    environment: read('environ'),
    limits: read('limits'),
    descriptors: Object.fromEntries(links),
  };
}

function listPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    // It has ended between two looks.
    return undefined;
  }
}
