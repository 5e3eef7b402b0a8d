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

/** The error for a signal that has gone. */
export function abortError(signal: AbortSignal): PluginError {
  return isPluginError(signal.reason) ? signal.reason : createAbortError('the artifact was given up', signal);
}
