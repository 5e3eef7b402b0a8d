import { createAbortedError, createRunOverError } from './host-function.js';
import type { CallContext } from './host-function.js';

/** A signal of a call's own. Disposing lets go of what it listens to. */
export interface CallSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Calls `stop` once with the error that ends the call, at once where it has ended already. Disposing it ends the listening. */
export function onStop({ signal, closing }: CallContext, stop: (error: Error) => void): Disposable {
  let isOver = false;
  const end = (error: Error): void => {
    if (!isOver) stop(error);
    isOver = true;
  };
  const onAbort = (): void => end(createAbortedError());
  const onClose = (): void => end(createRunOverError());
  if (closing.aborted) onClose();
  else if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  closing.addEventListener('abort', onClose, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener('abort', onAbort);
      closing.removeEventListener('abort', onClose);
    },
  };
}

/** Both ends of a call in one signal, whose reason is the error that the guest gets. */
export function createCallSignal(context: CallContext): CallSignal {
  const controller = new AbortController();
  const listening = onStop(context, (error) => controller.abort(error));
  return { signal: controller.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

/** What `work` comes to, or the signal's reason as soon as it aborts: whoever does not listen to a signal is not waited for. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
