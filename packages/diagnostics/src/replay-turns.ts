/** Lets calls go in a given order. */
export interface Turns extends Disposable {
  /** Resolves when all that come before have gone, or do not come. */
  wait(call: number): Promise<void>;
}

/** What came before in the record and has not begun after so many milliseconds of nothing else is not waited for. */
const STALL_MS = 100;

/** Makes turns in the order in which calls were answered: who awaits several sees them come as they came then. */
export function createTurns(order: readonly number[]): Turns {
  const left = [...order];
  const waiting = new Map<number, () => void>();
  let timer: NodeJS.Timeout | undefined;
  let step: NodeJS.Immediate | undefined;

  /** One at a time, each in a turn of the event loop: the answer of one is on its way before the next one goes. */
  function advance(): void {
    step = undefined;
    const [first] = left;
    if (first !== undefined && waiting.has(first)) go(first);
    // Not unreferenced: with a handler in this process there may be nothing else that the process lives for.
    else if (waiting.size > 0) timer = setTimeout(skip, STALL_MS);
  }

  function go(call: number): void {
    left.splice(left.indexOf(call), 1);
    waiting.get(call)?.();
    waiting.delete(call);
    schedule();
  }

  function skip(): void {
    const next = left.find((call) => waiting.has(call));
    if (next !== undefined) go(next);
  }

  function schedule(): void {
    clearTimeout(timer);
    step ??= setImmediate(advance);
  }

  return {
    wait: (call) =>
      new Promise((resolve) => {
        waiting.set(call, resolve);
        schedule();
      }),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      clearImmediate(step);
    },
  };
}
