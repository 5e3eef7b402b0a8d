import { createHash } from 'node:crypto';
import { createError, isPluginError } from '@kb-labs/contracts';
import type { ArtifactPutOptions, PluginError } from '@kb-labs/contracts';
import { tooLarge } from './store-errors.js';
import { throwIfAborted, waitUnlessAborted } from './until-aborted.js';

const CHUNK_BYTES = 256 * 1024;

/** What went through a `drainBody`. */
export interface BodySum {
  readonly bytes: number;
  readonly sha256: string;
}

/** The content of an artifact: all of it, or in pieces of any size. */
export type ArtifactBody = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Hands copies of at most 256 KiB to `write`, one after the other, and sums them up. Each lies in the same memory as the one before, so what is to
 * be kept is copied. Throws `ERR_ARTIFACT_TOO_LARGE` before a byte too many is written, and ends with the signal even where the body never does.
 */
export async function drainBody(
  body: ArtifactBody,
  options: Pick<ArtifactPutOptions, 'maxBytes' | 'signal'>,
  write: (chunk: Buffer) => Promise<void>,
): Promise<BodySum> {
  const hash = createHash('sha256');
  let bytes = 0;
  let scratch = Buffer.alloc(0);
  for await (const chunk of piecesOf(body, options.signal)) {
    if (bytes + chunk.byteLength > options.maxBytes) throw tooLarge(options.maxBytes);
    for (let start = 0; start < chunk.byteLength; start += CHUNK_BYTES) {
      const piece = chunk.subarray(start, start + CHUNK_BYTES);
      if (scratch.byteLength < piece.byteLength) scratch = Buffer.allocUnsafeSlow(piece.byteLength);
      // A copy, so that what is hashed is what is written, whoever else holds the memory.
      scratch.set(piece);
      const copy = scratch.subarray(0, piece.byteLength);
      hash.update(copy);
      await write(copy);
      throwIfAborted(options.signal);
    }
    bytes += chunk.byteLength;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The pieces of a body. Ends with the signal even where the body never does; whatever a stream throws is `ERR_IO_FAILED`. */
export async function* piecesOf(body: ArtifactBody, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  throwIfAborted(signal);
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const iterator = iterate(body);
  using waiting = waitUnlessAborted(signal);
  let ended = false;
  try {
    for (;;) {
      const step = await waiting.until(Promise.resolve(iterator.next()));
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

function iterate(body: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  if (typeof body !== 'object' || body === null || typeof body[Symbol.asyncIterator] !== 'function') throw notBytes();
  return body[Symbol.asyncIterator]();
}

function notBytes(): PluginError {
  return createError('ERR_INVALID_ARGUMENT', 'the content of an artifact is not bytes', {
    hint: 'hand in a Uint8Array or an async iterable of them',
  });
}
