import { readdirSync, readFileSync } from 'node:fs';

/** One process of a guest's, as the host numbers it. */
export interface GuestPart {
  readonly pid: number;
  /** Whether it is the guest itself, rather than what stands around it (bubblewrap, setpriv, prlimit). */
  readonly guest: boolean;
}

/** Processes that were started for a plugin in this folder: each names it as what the guest may read. Those that have ended do not count. */
export function processesAt(folder: string): readonly GuestPart[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): GuestPart[] => {
      const [file = '', ...args] = readQuietly(`/proc/${name}/cmdline`).split('\0');
      if (!args.includes(`--allow-fs-read=${folder}`) || isZombie(name)) return [];
      return [{ pid: Number(name), guest: !/\/(bwrap|setpriv|prlimit)$/.test(file) }];
    });
}

/** Kills the guests in this folder, as somebody else on the machine would. How many there were. */
export function killGuests(folder: string): number {
  const guests = processesAt(folder).filter(({ guest }) => guest);
  return guests.filter(({ pid }) => sendQuietly(pid, 'SIGKILL')).length;
}

/** Whether the signal found somebody. */
function sendQuietly(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It ended first.
    return false;
  }
}

function isZombie(pid: string): boolean {
  const stat = readQuietly(`/proc/${pid}/stat`);
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended between the listing and the look.
    return '';
  }
}
