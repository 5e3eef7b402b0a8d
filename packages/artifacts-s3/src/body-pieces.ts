import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { abortError, throwIfAborted } from './s3-errors.js';

/** The content of an artifact: all of it, or in pieces of any size. */
export type ArtifactBody = Uint8Array | AsyncIterable<Uint8Array>;

/** The pieces of a body. Ends with the signal even where the body never does; whatever a stream throws is `ERR_IO_FAILED`. */
export async function* piecesOf(body: ArtifactBody, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  throwIfAborted(signal);
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  if (typeof body !== 'object' || body === null || typeof body[Symbol.asyncIterator] !== 'function') throw notBytes();
  const iterator = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const step = await untilAborted(iterator.next(), signal);
      if (step.done === true) break;
      if (!(step.value instanceof Uint8Array)) throw notBytes();
      yield step.value;
    }
    ended = true;
  } catch (error) {
    throw isPluginError(error)
      ? error
      : createError('ERR_IO_FAILED', 'the stream with the content of the artifact failed', { cause: error });
  } finally {
    // Not awaited: a stream that never yields never ends either. Its last error has nobody left to hear it.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortError(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

function notBytes(): PluginError {
  return createError('ERR_INVALID_ARGUMENT', 'the content of an artifact is not bytes', {
    hint: 'hand in a Uint8Array or an async iterable of them',
  });
}
