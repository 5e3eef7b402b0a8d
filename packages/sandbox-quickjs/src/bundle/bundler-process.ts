import { Worker } from 'node:worker_threads';
import type { BundleReply, BundleRequest } from './bundle-words.js';

/** Of the thread alone: what esbuild holds is in a process of its own. */
const HEAP_MB = 256;

type Task = Omit<Extract<BundleRequest, { kind: 'bundle' }>, 'kind' | 'id'>;

/** A thread that bundles, with the process of esbuild that belongs to it. Neither keeps the host alive. */
export interface BundlerThread {
  /** Never rejects: a bundler that ends answers `stopped` to all that wait. */
  ask(task: Task): { readonly reply: Promise<BundleReply>; cancel(): void };
  /** Ends it once nobody waits for it any more. */
  retire(): void;
  kill(): void;
  readonly gone: Promise<void>;
}

/** Starts one. It has no variables of the host's. */
export function startBundlerThread(): BundlerThread {
  const worker = new Worker(new URL('./bundler.js', import.meta.url), {
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    name: 'quickjs-bundler',
  });
  const kill = (): void => void worker.terminate();
  const line = createWaitingLine(kill);
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      line.end();
      resolve();
    });
  });
  for (const stream of [worker.stdout, worker.stderr]) stream.resume();
  // Its exit follows, and tells all there is to tell.
  worker.on('error', () => undefined);
  worker.on('message', line.settle);
  worker.unref();
  const post = (request: BundleRequest): void => worker.postMessage(request);
  post({ kind: 'warm-up' });

  return {
    ask(task) {
      const { id, reply } = line.join();
      post({ kind: 'bundle', id, ...task });
      return { reply, cancel: () => post({ kind: 'cancel', id }) };
    },
    retire: line.retire,
    kill,
    gone,
  };
}

/** Those who wait for a reply. Nobody is left waiting by a bundler that ends. */
interface WaitingLine {
  join(): { readonly id: number; readonly reply: Promise<BundleReply> };
  readonly settle: (reply: BundleReply) => void;
  readonly retire: () => void;
  end(): void;
}

function createWaitingLine(onEmpty: () => void): WaitingLine {
  const waiting = new Map<number, (reply: BundleReply) => void>();
  let lastId = 0;
  let retired = false;
  let ended = false;
  const checkEmpty = (): void => {
    if (retired && waiting.size === 0) onEmpty();
  };
  const settle = (reply: BundleReply): void => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
    // Its process is gone: nobody else need ask it.
    if (!reply.ok && reply.kind === 'stopped') retired = true;
    checkEmpty();
  };
  const end = (): void => {
    ended = true;
    for (const id of waiting.keys()) settle({ id, ok: false, kind: 'stopped', message: 'it ended', at: undefined });
  };
  return {
    join() {
      lastId += 1;
      const id = lastId;
      const { promise, resolve } = Promise.withResolvers<BundleReply>();
      waiting.set(id, resolve);
      if (ended) end();
      return { id, reply: promise };
    },
    settle,
    retire() {
      retired = true;
      checkEmpty();
    },
    end,
  };
}
