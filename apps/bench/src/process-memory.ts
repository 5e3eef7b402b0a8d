import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly command: readonly string[];
}

/** Processes below this one that run now, over any number of generations. Empty where there is no `/proc`. */
export function descendants(pid: number): readonly RunningProcess[] {
  return childPids(pid).flatMap((child) => {
    const command = textOf(`/proc/${child}/cmdline`)?.split('\0').filter(Boolean);
    return [...(command === undefined ? [] : [{ pid: child, command }]), ...descendants(child)];
  });
}

/** Bytes that are in memory for this process alone. Throws where the kernel does not say. */
export function privateBytes(pid: number): number {
  return parsePrivateBytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/** The sum of `Private_Clean`, `Private_Dirty` and `Private_Hugetlb` in the text of `smaps_rollup`. */
export function parsePrivateBytes(rollup: string): number {
  const lines = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gmu)];
  if (lines.length === 0) throw new Error('no private memory is told');
  return lines.reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
}

function childPids(pid: number): number[] {
  return listThreads(pid).flatMap((thread) =>
    (textOf(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function listThreads(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
