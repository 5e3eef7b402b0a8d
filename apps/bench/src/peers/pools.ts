import { Piscina } from 'piscina';
import { Tinypool } from 'tinypool';
import workerpool from 'workerpool';
import { childScript } from '../places.js';
import type { Peer } from './peer.js';

export interface PoolOptions {
  readonly kind: 'processes' | 'threads';
  readonly workers: number;
  /** A worker of its own for each call. Default: workers are used again. */
  readonly isolate?: boolean;
  /** Workers that are kept ready. Default: all of them. */
  readonly ready?: number;
}

export async function openTinypool({ kind, workers, isolate = false, ready = workers }: PoolOptions): Promise<Peer> {
  const pool = new Tinypool({
    filename: childScript('trivial.mjs'),
    runtime: kind === 'processes' ? 'child_process' : 'worker_threads',
    minThreads: ready,
    maxThreads: workers,
    isolateWorkers: isolate,
  });
  return { call: (input) => pool.run(input), [Symbol.asyncDispose]: () => pool.destroy() };
}

export async function openPiscina({ workers }: Pick<PoolOptions, 'workers'>): Promise<Peer> {
  const pool = new Piscina({ filename: childScript('trivial.mjs'), minThreads: workers, maxThreads: workers });
  return { call: (input) => pool.run(input), [Symbol.asyncDispose]: () => pool.destroy() };
}

export async function openWorkerpool({ kind, workers }: Pick<PoolOptions, 'kind' | 'workers'>): Promise<Peer> {
  const pool = workerpool.pool(childScript('workerpool.mjs'), {
    workerType: kind === 'processes' ? 'process' : 'thread',
    minWorkers: workers,
    maxWorkers: workers,
  });
  return {
    call: async (input) => pool.exec('trivial', [input]),
    async [Symbol.asyncDispose]() {
      await pool.terminate(true);
    },
  };
}
