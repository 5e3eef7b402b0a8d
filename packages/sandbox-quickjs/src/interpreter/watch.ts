import { clockNs } from '../ledger.js';
import type { Ledger } from '../ledger.js';
import type { ThreadEnd, ThreadFacts } from '../thread-facts.js';
import { createCpuClock } from './cpu-clock.js';

const NS_PER_MS = 1_000_000;

/** Knows whether the guest may go on. */
export interface Watch {
  /** Starts the clocks, once: the boot does not count. */
  begin(): void;
  /** Writes down what was used, and answers whether the guest has to stop. */
  look(): boolean;
  /** The guest runs, or has stopped running. */
  setRunning(running: boolean): void;
  /** The first reason counts. */
  end(reason: ThreadEnd, text?: string): void;
  readonly hasEnded: boolean;
}

/** What a watch asks, and who hears of the end. */
export interface WatchOptions {
  readonly isOutOfMemory: () => boolean;
  readonly onEnd: (reason: ThreadEnd, text: string) => void;
}

/** Makes it. What this thread does outside of the interpreter does not count as the guest's use. */
export function createWatch(facts: ThreadFacts, ledger: Ledger, { isOutOfMemory, onEnd }: WatchOptions): Watch {
  const cpuClock = createCpuClock();
  let ended = false;
  let begunAt: number | undefined;
  let usedNs = 0;
  let enteredAt: number | undefined;

  const end = (reason: ThreadEnd, text = ''): void => {
    if (ended) return;
    ended = true;
    onEnd(reason, text);
  };
  const look = (): boolean => {
    if (isOutOfMemory()) end('memory');
    if (ended || begunAt === undefined) return ended;
    const now = clockNs();
    const cpuNs = usedNs + (enteredAt === undefined ? 0 : cpuClock.recent() - enteredAt);
    ledger.cpuNs.write(cpuNs);
    ledger.lookedAt.write(now);
    if (ledger.stop.read() !== 0) end('stopped');
    if (cpuNs > facts.cpuMs * NS_PER_MS) end('cpu');
    if (now - begunAt > facts.deadlineMs * NS_PER_MS) end('time');
    return ended;
  };

  return {
    begin() {
      begunAt ??= clockNs();
    },
    look,
    setRunning(running) {
      if (running) enteredAt = cpuClock.atEntry();
      look();
      if (running) return;
      if (enteredAt !== undefined && begunAt !== undefined) usedNs += cpuClock.atExit() - enteredAt;
      enteredAt = undefined;
      ledger.lookedAt.write(0);
    },
    end,
    get hasEnded() {
      return ended;
    },
  };
}
