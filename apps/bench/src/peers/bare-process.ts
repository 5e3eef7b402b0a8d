import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { childScript } from '../places.js';
import { median } from '../statistics.js';

/** Our own process boots longer than an empty one, and may have had to wait for it. */
const BOOTS = 4;

/** Starts an empty script by `fork` and waits for its end: what a process costs before anything runs in it. */
export function forkEmpty(): Promise<void> {
  return ended(fork(childScript('empty.cjs')));
}

/** The same by `spawn`, with no channel and no pipes. */
export function spawnEmpty(): Promise<void> {
  return ended(spawn(process.execPath, [childScript('empty.cjs')], { stdio: 'ignore' }));
}

/**
 * Milliseconds in which whoever boots a process ahead has it ready on this machine, as busy as it is now: several times what an empty one takes.
 */
export async function restToBoot(signal: AbortSignal): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    signal.throwIfAborted();
    const start = performance.now();
    await forkEmpty();
    samples.push(performance.now() - start);
  }
  return median(samples) * BOOTS;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`an empty script ended with ${code}`));
    });
  });
}
