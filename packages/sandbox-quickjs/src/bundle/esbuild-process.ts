import childProcess from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What esbuild may hold. Ordinary plugins take some tens of MiB; code that nests without end takes all there is. */
const MAX_RESIDENT_BYTES = 536_870_912;
const INTERVAL_MS = 20;
const PAGE_BYTES = 4_096;

/** The process of esbuild that belongs to this thread. esbuild keeps it to itself, so it is caught where it is started. */
export interface EsbuildProcess {
  /** Ends it and waits until it is gone: a thread that went before would leave it unburied. */
  end(): Promise<void>;
}

/** Watches over whatever this thread starts from now on. It is ended when it holds too much, where `/proc` tells (Linux). */
export function watchEsbuild(): EsbuildProcess {
  const started = new Set<ChildProcess>();
  const { spawn } = childProcess;
  const watched = (...args: Parameters<typeof spawn>): ChildProcess => {
    const child = Reflect.apply(spawn, childProcess, args);
    started.add(child);
    const timer = setInterval(() => {
      if (residentBytes(child.pid) > MAX_RESIDENT_BYTES) child.kill('SIGKILL');
    }, INTERVAL_MS);
    child.once('exit', () => {
      clearInterval(timer);
      started.delete(child);
    });
    return child;
  };
  Object.assign(childProcess, { spawn: watched });
  return {
    async end() {
      const all = [...started].map(
        (child) =>
          new Promise<void>((resolve) => {
            child.once('exit', () => resolve());
            child.kill('SIGKILL');
          }),
      );
      await Promise.all(all);
    },
  };
}

function residentBytes(pid: number | undefined): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return Number(pages) * PAGE_BYTES;
  } catch {
    // It has just ended, or this is no Linux: then its time limit is the only one.
    return 0;
  }
}
