import { createAbortError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** One signal that follows several. Disposing lets go of them, so that a long-lived signal keeps no trace of a finished run. */
interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Makes signals that follow others. */
export interface SignalLinks {
  /** Aborts as soon as one of the sources does, with its reason. `AbortSignal.any` has no way to let go. */
  link(sources: readonly (AbortSignal | undefined)[]): LinkedSignal;
}

/**
 * Makes the links of one runtime. A source has one listener, however many follow it: Node looks through all that a signal has before it
 * adds one, so that ten thousand executions of one context would hold the event loop up for seconds.
 */
export function createSignalLinks(): SignalLinks {
  const followers = new WeakMap<AbortSignal, Followers>();
  return {
    link(sources) {
      const controller = new AbortController();
      const abort = (reason: unknown): void => controller.abort(reason);
      const followed = new Set(sources.filter((source) => source !== undefined));
      for (const source of followed) {
        if (source.aborted) abort(source.reason);
        const group = followers.get(source) ?? new Followers(source);
        followers.set(source, group);
        group.add(abort);
      }
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          for (const source of followed) followers.get(source)?.delete(abort);
        },
      };
    },
  };
}

/** All that follow one signal. It listens while there are any. */
class Followers {
  readonly #source: AbortSignal;
  readonly #aborts = new Set<(reason: unknown) => void>();
  readonly #listener = (): void => {
    for (const abort of this.#aborts) abort(this.#source.reason);
  };

  constructor(source: AbortSignal) {
    this.#source = source;
  }

  add(abort: (reason: unknown) => void): void {
    if (this.#aborts.size === 0) this.#source.addEventListener('abort', this.#listener, { once: true });
    this.#aborts.add(abort);
  }

  delete(abort: (reason: unknown) => void): void {
    if (this.#aborts.delete(abort) && this.#aborts.size === 0)
      this.#source.removeEventListener('abort', this.#listener);
  }
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
