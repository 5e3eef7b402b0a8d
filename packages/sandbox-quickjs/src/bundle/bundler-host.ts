import { Worker } from 'node:worker_threads';
import type { BundleReply, BundleRequest } from './bundle-words.js';

/** Of the thread alone: what esbuild holds is in a process of its own. */
const HEAP_MB = 256;

type Task = Omit<Extract<BundleRequest, { kind: 'bundle' }>, 'kind' | 'id'>;

/** For the process of esbuild to be ended in order; a thread that does not is ended without. */
const END_MS = 1_000;
/** A task that was called off and goes on all the same is ended with its bundler. */
const CANCEL_MS = 100;

/** A thread that bundles, with the process of esbuild that belongs to it. Neither keeps the host alive. */
export interface BundlerThread {
  /** Never rejects: a bundler that ends answers `stopped` to all that wait. */
  ask(task: Task): { readonly reply: Promise<BundleReply>; cancel(): void };
  end(): void;
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
  const post = (request: BundleRequest): void => worker.postMessage(request);
  const end = (): void => {
    // Whoever waits for its end must see it.
    worker.ref();
    post({ kind: 'end' });
    setTimeout(() => void worker.terminate(), END_MS).unref();
  };
  const line = createWaitingLine(end);
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      line.end();
      resolve();
    });
  });
  // Its streams are not read: Node refs the port of a worker whose streams are (a tick later, so that `unref` below is undone), and it says nothing.
  // Its exit follows, and tells all there is to tell.
  worker.on('error', () => undefined);
  worker.on('message', line.settle);
  worker.unref();
  post({ kind: 'warm-up' });

  return {
    ask(task) {
      const { id, reply } = line.join();
      post({ kind: 'bundle', id, ...task });
      const cancel = (): void => {
        post({ kind: 'cancel', id });
        const timer = setTimeout(end, CANCEL_MS).unref();
        void reply.then(() => clearTimeout(timer));
      };
      return { reply, cancel };
    },
    end,
    gone,
  };
}

/** Those who wait for a reply. Nobody is left waiting by a bundler that ends. */
interface WaitingLine {
  join(): { readonly id: number; readonly reply: Promise<BundleReply> };
  readonly settle: (reply: BundleReply) => void;
  end(): void;
}

/** `onStopped` hears that esbuild has ended by itself: nobody else need ask it. */
function createWaitingLine(onStopped: () => void): WaitingLine {
  const waiting = new Map<number, (reply: BundleReply) => void>();
  let lastId = 0;
  let ended = false;
  const settle = (reply: BundleReply): void => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
    if (!reply.ok && reply.kind === 'stopped' && !ended) onStopped();
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
    end,
  };
}
