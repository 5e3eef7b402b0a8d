import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** O_CLOEXEC of fcntl.h, the same on every Linux. */
const CLOSE_ON_EXEC = 0o2_000_000;

/**
 * Descriptors above `last` that a child would inherit. Node opens all of its own with O_CLOEXEC; what a shell or a supervisor left open
 * beyond the first sixteen stays open across `exec`, through bubblewrap as well. Empty where there is no `/proc`.
 */
export function listInheritedDescriptors(last: number): readonly number[] {
  if (process.platform !== 'linux') return [];
  const text = Buffer.allocUnsafe(64);
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > last && isInherited(fd, text));
}

function isInherited(fd: number, text: Buffer): boolean {
  let file: number;
  try {
    file = openSync(`/proc/self/fdinfo/${fd}`, 'r');
  } catch {
    // The one that read the list: it is closed by now.
    return false;
  }
  try {
    // It begins with the position and the flags. To read no more of it, and into the same place, takes half the time.
    const begin = text.toString('latin1', 0, readSync(file, text, 0, text.length, 0));
    const flags = /^flags:\s*([0-7]+)/m.exec(begin)?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } finally {
    closeSync(file);
  }
}
