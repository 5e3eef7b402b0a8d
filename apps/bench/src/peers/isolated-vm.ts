import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childScript } from '../places.js';

const run = promisify(execFile);

/** Milliseconds of the trivial handler in isolated-vm, a V8 isolate within the host: no Node API, and no process to crash instead of it. */
export interface IsolatedVmFigures {
  readonly fresh: number;
  readonly warm: number;
}

/**
 * Measures isolated-vm, in a process of its own: it wants a flag that would slow down every child of this one. Gives the reason where
 * it is not installed, or brings no binary for this Node and platform.
 */
export async function measureIsolatedVm(rounds: number, signal: AbortSignal): Promise<IsolatedVmFigures | string> {
  const args = ['--no-node-snapshot', childScript('isolated-vm.mjs'), String(rounds)];
  try {
    const { stdout } = await run(process.execPath, args, { signal });
    return JSON.parse(stdout) as IsolatedVmFigures;
  } catch (error) {
    signal.throwIfAborted();
    const [, reason = 'it failed'] = /^Error: (.*)$/mu.exec(String(error)) ?? [];
    return `isolated-vm was not measured: ${reason}`;
  }
}
