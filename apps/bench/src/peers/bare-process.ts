import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { childScript } from '../places.js';

/** Starts an empty script by `fork` and waits for its end: what a process costs before anything runs in it. */
export function forkEmpty(): Promise<void> {
  return ended(fork(childScript('empty.cjs')));
}

/** The same by `spawn`, with no channel and no pipes. */
export function spawnEmpty(): Promise<void> {
  return ended(spawn(process.execPath, [childScript('empty.cjs')], { stdio: 'ignore' }));
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
