import { readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC of fcntl.h, the same on every Linux. */
const CLOSE_ON_EXEC = 0o2_000_000;

/**
 * Descriptors above `last` that a child would inherit. Node opens all of its own with O_CLOEXEC; what a shell or a supervisor left open
 * beyond the first sixteen stays open across `exec`, through bubblewrap as well. Empty where there is no `/proc`.
 */
export function listInheritedDescriptors(last: number): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > last && isInherited(fd));
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The one that read the list: it is closed by now.
    return false;
  }
}
