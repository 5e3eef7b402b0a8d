import { createAbortError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** One signal that follows several. Disposing lets go of them, so that a long-lived signal keeps no trace of a finished run. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts as soon as one of the sources does, with its reason. `AbortSignal.any` has no way to let go. */
export function linkSignals(sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  for (const source of sources) {
    if (source === undefined) continue;
    const abort = (): void => controller.abort(source.reason);
    if (source.aborted) abort();
    source.addEventListener('abort', abort, { once: true });
    undo.push(() => source.removeEventListener('abort', abort));
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const release of undo) release();
    },
  };
}

/** What the caller of an execution gets whose signal has gone. */
export function abortError(signal: AbortSignal): PluginError {
  return createAbortError('the caller ended the execution', signal);
}

/** Throws `ERR_ABORTED` where the signal has already gone. */
export function assertNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/** Waits for the host's own code (a schema, a registry), but no longer than the signal allows: what comes later is dropped. */
export async function untilAborted<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  assertNotAborted(signal);
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(signal));
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
