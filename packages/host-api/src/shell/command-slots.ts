import { createError } from '@kb-labs/contracts';

/** Lets so many in at the same time, in the order in which they came. */
export interface CommandSlots {
  /** Resolves with a slot, which goes back when it is disposed of. Rejects with the signal's reason, or `ERR_QUEUE_TIMEOUT`. */
  take(waitMs: number, signal: AbortSignal): Promise<Disposable>;
}

/** Makes `count` slots. */
export function createCommandSlots(count: number): CommandSlots {
  const waiting = new Set<() => void>();
  let free = count;
  const giveBack = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  const makeSlot = (): Disposable => {
    let held = true;
    return {
      [Symbol.dispose]() {
        if (held) giveBack();
        held = false;
      },
    };
  };
  return {
    take(waitMs, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(makeSlot());
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(enter);
          clearTimeout(timer);
          signal.removeEventListener('abort', stop);
        };
        const enter = (): void => {
          leave();
          resolve(makeSlot());
        };
        const stop = (): void => {
          leave();
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          leave();
          reject(createWaitedError(waitMs, count));
        }, waitMs);
        timer.unref();
        waiting.add(enter);
        signal.addEventListener('abort', stop, { once: true });
      });
    },
  };
}

function createWaitedError(waitMs: number, count: number): Error {
  return createError('ERR_QUEUE_TIMEOUT', `the command waited ${waitMs} ms for its turn among ${count} at a time`, {
    details: { elapsed: waitMs, limit: waitMs, maxConcurrency: count },
    hint: 'run fewer commands at the same time, or let the host set a higher "maxConcurrency"',
  });
}
