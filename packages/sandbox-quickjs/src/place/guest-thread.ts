import { Worker } from 'node:worker_threads';
import type { WireTransport } from '@kb-labs/sandbox/wire';
import { clockNs, costOf, openLedger } from '../ledger.js';
import type { Ledger } from '../ledger.js';
import type { BundledModule, ThreadEnd, ThreadFacts, ThreadWord } from '../thread-facts.js';

/** Of the thread itself, which holds frames and the plugin's code on their way; the guest's memory is another. */
const OWN_HEAP_MB = 64;
/** The guest is stopped by a check of its own long before it gets there. */
const STACK_MB = 16;
const NS_PER_MS = 1_000_000;

/** The thread of one guest, from outside. */
export interface GuestThread {
  readonly transport: WireTransport;
  load(module: BundledModule): void;
  /** Asks the interpreter to stop at its next look. */
  stop(): void;
  kill(): void;
  /** Resolves when the thread is gone and all that it sent has been received. */
  readonly gone: Promise<ThreadExit>;
  /** Calls back when the thread has ended its guest by itself, before it is gone. */
  onEnded(listen: (word: ThreadWord) => void): void;
  usage(): { readonly cpuMs: number; readonly memoryBytes: number };
}

/** How a thread went: the word that it left, or what the runtime of the host says of it. */
export interface ThreadExit {
  readonly ended: ThreadEnd | undefined;
  readonly text: string;
}

/** Starts a thread with nothing of the host's: no variables, no flags, no standard streams. */
export function startGuestThread(facts: Omit<ThreadFacts, 'ledger'>): GuestThread {
  const ledger = openLedger();
  const worker = new Worker(new URL('./interpreter.js', import.meta.url), {
    workerData: { ...facts, ledger: ledger.memory } satisfies ThreadFacts,
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: OWN_HEAP_MB, maxYoungGenerationSizeMb: 16, stackSizeMb: STACK_MB },
    name: 'quickjs',
  });
  let exit: ThreadExit = { ended: undefined, text: 'it stopped' };
  let tellEnd: (word: ThreadWord) => void = () => undefined;
  const take = createTaker(ledger);
  // The interpreter writes nothing; what its glue would say is in its exceptions as well.
  for (const stream of [worker.stdout, worker.stderr]) stream.resume();
  worker.on('error', (error) => (exit = { ended: undefined, text: describe(error) }));
  worker.on('message', (word: Uint8Array | ThreadWord) => {
    if (word instanceof Uint8Array) return take.frame(word);
    exit = word;
    tellEnd(word);
  });
  const gone = new Promise<ThreadExit>((resolve) => {
    worker.once('exit', () => {
      take.end();
      resolve(exit);
    });
  });

  return {
    transport: createTransport(worker, ledger, take.receive),
    load: (module) => worker.postMessage(module),
    stop: () => ledger.stop.write(1),
    kill: () => void worker.terminate(),
    gone,
    onEnded(listen) {
      tellEnd = listen;
    },
    usage: () => ({ cpuMs: cpuNs(ledger) / NS_PER_MS, memoryBytes: ledger.memoryBytes.read() }),
  };
}

function createTransport(worker: Worker, ledger: Ledger, receive: WireTransport['receive']): WireTransport {
  let sent = 0;
  return {
    send(bytes) {
      sent += bytes.byteLength;
      worker.postMessage(bytes);
    },
    sendsViews: false,
    receive,
    pendingBytes: () => sent - ledger.delivered.read(),
    close: () => void worker.terminate(),
  };
}

/** Since its last look the thread may have computed all the time: what does not ask whether it may go on counts as a whole. */
function cpuNs(ledger: Ledger): number {
  const lookedAt = ledger.lookedAt.read();
  return ledger.cpuNs.read() + (lookedAt === 0 ? 0 : Math.max(0, clockNs() - lookedAt));
}

interface Taker {
  readonly frame: (frame: Uint8Array) => void;
  readonly receive: WireTransport['receive'];
  readonly end: () => void;
}

/** Hands frames on and tells the thread what has been taken, so that it does not send more than that at a time. */
function createTaker(ledger: Ledger): Taker {
  let onBytes: Parameters<WireTransport['receive']>[0] = () => undefined;
  let onEnd: () => void = () => undefined;
  return {
    frame(frame) {
      const take = (): void => ledger.taken.add(costOf(frame));
      const busy = onBytes(frame);
      if (busy === undefined) take();
      else void busy.then(take);
    },
    receive(bytes, end) {
      onBytes = bytes;
      onEnd = end;
    },
    end: () => onEnd(),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'it threw no error';
}
