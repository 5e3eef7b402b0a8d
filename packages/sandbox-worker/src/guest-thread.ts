import { Worker } from 'node:worker_threads';
import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits } from '@kb-labs/contracts';
import type { WireTransport } from '@kb-labs/sandbox/wire';
import type { MeteredThread } from './cpu-meter.js';
import { connectThread } from './thread-channel.js';
import type { ThreadCount } from './thread-count.js';
import { heapExhausted } from './thread-watch.js';

/** One guest from outside: its channel and its end. */
export interface GuestThread extends MeteredThread {
  readonly transport: WireTransport;
  kill(): void;
  /** Resolves when the thread has ended; or when it was told to a second ago, and is in a function that nothing interrupts. */
  readonly gone: Promise<PluginError>;
  onOutput(listen: (source: 'stdout' | 'stderr', text: string) => void): void;
  /** Comes when the thread sends what its entry never would. */
  onForgery(listen: (error: PluginError) => void): void;
}

export interface ThreadOptions {
  readonly roots: readonly string[];
  readonly limits: SandboxLimits;
  readonly threads: ThreadCount;
}

/** How long a thread that was told to end may take before it counts as left behind. */
const LEFT_BEHIND_MS = 1_000;

/**
 * Starts a thread with nothing of the host's: no variables, no flags, no `NODE_OPTIONS`, no arguments, no streams. Throws
 * `ERR_SANDBOX_CRASHED` where there can be no thread.
 */
export function startThread({ roots, limits, threads }: ThreadOptions): GuestThread {
  const worker = openWorker(roots, limits);
  const channel = connectThread(worker);
  const { promise: gone, resolve } = Promise.withResolvers<PluginError>();
  const ended = new Promise<void>((settle) => void worker.once('exit', () => settle()));
  let cause: unknown;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;
  worker.on('error', (error) => (cause = error));
  worker.once('exit', (code) => {
    hasEnded = true;
    clearTimeout(timer);
    resolve(describeEnd(code, cause, limits));
  });
  return {
    worker,
    get tid() {
      return channel.tid();
    },
    transport: channel.transport,
    kill() {
      if (hasEnded) return;
      void worker.terminate();
      timer ??= setTimeout(() => {
        // It must not hold the host as well, which may want to end.
        worker.unref();
        threads.leave(ended);
        resolve(createError('ERR_SANDBOX_CRASHED', 'the thread does not end: a native function holds it'));
      }, LEFT_BEHIND_MS);
    },
    gone,
    onOutput(listen) {
      for (const source of ['stdout', 'stderr'] as const) {
        worker[source].setEncoding('utf8').on('data', (text: string) => listen(source, text));
      }
    },
    onForgery: channel.onForgery,
  };
}

function openWorker(roots: readonly string[], limits: SandboxLimits): Worker {
  try {
    // Next to this file once both are bundled into dist/, and there alone.
    return new Worker(new URL('./guest.js', import.meta.url), {
      workerData: roots,
      argv: [],
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      name: 'kb-labs guest',
      resourceLimits: {
        maxOldGenerationSizeMb: farOff(limits.memoryMb),
        maxYoungGenerationSizeMb: YOUNG_MIB,
      },
    });
  } catch (cause) {
    const hint = 'look at the limits on threads of this machine, and whether the host runs with --permission';
    throw createError('ERR_SANDBOX_CRASHED', 'the thread did not start', { hint, cause });
  }
}

/**
 * V8 ends the whole process, not the thread, where one allocation is larger than what is left of this limit (seen with
 * `Array.from({ length: 3e7 })` in Node 22 to 26). So it lies where one allocation does not reach: a gibibyte for the largest
 * array there is, and what `JSON.parse` makes of a text that fills the quota. The watch keeps the quota itself.
 */
function farOff(memoryMb: number): number {
  return 1_024 + 16 * memoryMb;
}

/** What is collected early does not count against the quota for long. */
const YOUNG_MIB = 8;

/** What the end of a thread means that nobody told to end. */
function describeEnd(code: number, cause: unknown, limits: SandboxLimits): PluginError {
  if (codeOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY') return heapExhausted(limits);
  const details = { exitCode: code, reason: codeOf(cause) };
  return createError('ERR_SANDBOX_CRASHED', `the guest ended by itself before it had a result: exit code ${code}`, {
    details,
  });
}

/** A guest can make Node hand over any error of its own, so nothing of it is kept but a name of Node's. */
function codeOf(cause: unknown): string | undefined {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^ERR_WORKER_[A-Z_]{1,40}$/.test(code) ? code : undefined;
}
