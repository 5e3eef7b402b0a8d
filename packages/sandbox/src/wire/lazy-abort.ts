/** What ends a run, for whoever listens. */
export interface LazyAbort {
  /** Made for the first who asks: to load what makes signals takes a sixth of a millisecond, and most handlers use none. */
  readonly signal: () => AbortSignal;
  /** The first reason counts, also for a signal that is made later. */
  abort(reason: unknown): void;
}

/** Makes one that nobody has asked for a signal. */
export function createLazyAbort(): LazyAbort {
  let controller: AbortController | undefined;
  let ended: { readonly reason: unknown } | undefined;
  return {
    signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (ended !== undefined) controller.abort(ended.reason);
      }
      return controller.signal;
    },
    abort(reason) {
      ended ??= { reason };
      controller?.abort(ended.reason);
    },
  };
}
