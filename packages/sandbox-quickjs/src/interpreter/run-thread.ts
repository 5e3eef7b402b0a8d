import { costOf } from '../ledger.js';
import type { Ledger } from '../ledger.js';
import { EMPTY_MEMORY_BYTES } from '../thread-facts.js';
import type { BundledModule, ThreadFacts, ThreadWord } from '../thread-facts.js';
import { createCappedMemory } from './capped-memory.js';
import { createMachine } from './machine.js';
import type { Machine } from './machine.js';
import { createWatch } from './watch.js';
import type { Watch } from './watch.js';

/** What a thread may be behind with before its guest is held up: the host takes its frames as fast as it can bear. */
const MAX_UNTAKEN_BYTES = 4_194_304;

/** How a thread speaks to its host. */
export interface ThreadVoice {
  readonly frame: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly word: (word: ThreadWord) => void;
}

/** One guest in this thread. */
export interface GuestThreadSide {
  receive(frame: Uint8Array): void;
  load(module: BundledModule): void;
}

/** Boots an interpreter and lets it run, and ends it at its limits. Once ended, it is never entered again. */
export async function runThread(facts: ThreadFacts, ledger: Ledger, voice: ThreadVoice): Promise<GuestThreadSide> {
  const memory = createCappedMemory({ initialBytes: EMPTY_MEMORY_BYTES, maxBytes: facts.maxMemoryBytes }, (bytes) =>
    ledger.memoryBytes.write(bytes),
  );
  const watch = createWatch(facts, ledger, {
    isOutOfMemory: memory.isRefused,
    onEnd: (ended, text) => voice.word({ ended, text }),
  });
  const machine = await createMachine({
    wasm: facts.wasm,
    memory: memory.memory,
    prelude: facts.prelude,
    mayInterrupt: () => watch.look(),
    onFrame: createSender(facts, ledger, { watch, voice }),
    onBroken: (error) => breakOff(watch, error),
  });
  const enter = createEntrance(machine, watch);
  enter(() => undefined);
  return {
    receive: (frame) => {
      watch.begin();
      enter(() => machine.receive(frame));
      ledger.delivered.add(frame.byteLength);
    },
    load: (module) => enter(() => machine.provide(module)),
  };
}

/** The one way into the interpreter. Whatever comes out of it as an exception of this realm has broken it. */
function createEntrance(machine: Machine, watch: Watch): (work: () => void) => void {
  let timer: NodeJS.Timeout | undefined;
  const enter = (work: () => void): void => {
    if (watch.hasEnded) return;
    clearTimeout(timer);
    let delay = -1;
    watch.setRunning(true);
    try {
      work();
      machine.runJobs();
      delay = machine.delay();
    } catch (error) {
      breakOff(watch, error);
    } finally {
      watch.setRunning(false);
    }
    if (delay >= 0 && !watch.hasEnded) timer = setTimeout(() => enter(() => machine.ringTimer()), Math.ceil(delay));
  };
  return enter;
}

/** Out of memory shows in many ways, so that is looked at first. */
function breakOff(watch: Watch, error: unknown): void {
  watch.look();
  const isStack = error instanceof RangeError && error.message.includes('call stack');
  watch.end(isStack ? 'stack' : 'crashed', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown');
}

function createSender(
  facts: ThreadFacts,
  ledger: Ledger,
  { watch, voice }: { readonly watch: Watch; readonly voice: ThreadVoice },
): (bytes: Uint8Array) => void {
  let sent = 0;
  return (bytes) => {
    if (watch.look()) return;
    if (bytes.byteLength > facts.maxFrameBytes) return watch.end('protocol', `a frame of ${bytes.byteLength} bytes`);
    const cost = costOf(bytes);
    let taken = ledger.taken.read();
    // The guest waits here, in its own thread and on its own time. A frame that is larger than all of this goes alone.
    while (sent > taken && sent + cost - taken > MAX_UNTAKEN_BYTES) {
      watch.setRunning(false);
      ledger.taken.waitWhile(taken);
      watch.setRunning(true);
      taken = ledger.taken.read();
    }
    sent += cost;
    voice.frame(new Uint8Array(bytes));
  };
}
