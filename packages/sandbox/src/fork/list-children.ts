import { readdirSync, readFileSync } from 'node:fs';

/** Processes that this one has started and that live, as the kernel lists them. Empty where it is gone, or where there is no `/proc`. */
export function listChildren(parent: number): readonly number[] {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    // It is gone, or this kernel has no such lists (CONFIG_PROC_CHILDREN).
    return readProcesses().filter((pid) => readParent(pid) === parent);
  }
}

function readProcesses(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    // Another system: it has no processes that lie one within the other.
    return [];
  }
}

/** The process that has started another one, as the kernel has it. */
export function readParent(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended between the list and the look.
    return undefined;
  }
}
