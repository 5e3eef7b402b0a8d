import { createAbortError, isPluginError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** Throws `ERR_ABORTED`, or the signal's reason where that is one of our errors (`ERR_TIMEOUT`, for one). */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/** Ends with the work or with the signal, whichever is first. What the work does after that, nobody hears. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortError(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits for one thing after another, and for none of them once the signal has gone. Disposing lets go of it. */
export interface AbortableWait extends Disposable {
  /** As `untilAborted`. */
  readonly until: <T>(work: Promise<T>) => Promise<T>;
}

/** One listener for all that is waited for: a listener for each takes 2 µs, and a body may come in a million pieces. */
export function waitUnlessAborted(signal: AbortSignal): AbortableWait {
  let hasGone = signal.aborted;
  let giveUp: ((reason: PluginError) => void) | undefined;
  const stop = (): void => {
    hasGone = true;
    giveUp?.(abortError(signal));
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    until: (work) =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        if (hasGone) reject(abortError(signal));
        work.then(resolve, reject);
      }),
    [Symbol.dispose]: () => signal.removeEventListener('abort', stop),
  };
}

/** The error for a signal that has gone. */
export function abortError(signal: AbortSignal): PluginError {
  return isPluginError(signal.reason) ? signal.reason : createAbortError('the artifact was given up', signal);
}
