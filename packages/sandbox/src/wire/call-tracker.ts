/** Knows the host calls that a handler has made and not seen the end of. */
export interface CallTracker {
  track<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Whatever is open now may fail without anybody waiting for it; what is tracked later as well. */
  quiet(): void;
}

/**
 * When a run ends, its open calls fail. A handler that was about to await one of them would then cause an unhandled rejection, which
 * in-process would end the host. Before the end, a call that nobody awaits is the handler's mistake, and stays one.
 */
export function createCallTracker(): CallTracker {
  const open = new Set<Promise<unknown>>();
  let isQuiet = false;
  const silence = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
  return {
    track(work) {
      const promise = watchEnd(work(), () => open.delete(promise));
      open.add(promise);
      if (isQuiet) silence(promise);
      return promise;
    },
    quiet() {
      isQuiet = true;
      for (const promise of open) silence(promise);
    },
  };
}

/** `ended` is called in a later turn than the one that made the promise, also for a promise that has failed already. */
async function watchEnd<Value>(promise: Promise<Value>, ended: () => void): Promise<Value> {
  try {
    return await promise;
  } finally {
    ended();
  }
}
