import type { ArtifactWriteOptions, GuestArtifactInfo } from '@kb-labs/contracts';
import { CONTENT_TYPES, encodeText } from './artifact-bytes.js';
import { invalidArgument } from './guest-calls.js';
import type { GuestPort } from './guest-port.js';

/** Bytes that go to the host at a time. What comes in smaller pieces is gathered. */
const CHUNK_BYTES = 262_144;

/** An artifact that the host takes in pieces. */
export interface ArtifactUpload {
  readonly port: GuestPort;
  readonly uri: string;
  readonly body: AsyncIterable<unknown>;
  readonly options: Omit<ArtifactWriteOptions, 'signal'>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a body as it comes, no faster than the host takes it. A source that throws, a piece that is neither bytes nor text, and an abort
 * end the upload, and nothing is kept of it. Where no content type is given, the first piece tells it.
 */
export async function uploadArtifact(upload: ArtifactUpload): Promise<GuestArtifactInfo> {
  const { port, uri, options, signal } = upload;
  signal?.throwIfAborted();
  const source = openSource(upload);
  let id: unknown;
  try {
    let piece = await source.next();
    const contentType =
      options.contentType ?? (typeof piece.value === 'string' ? CONTENT_TYPES.text : CONTENT_TYPES.bytes);
    id = await port.call('artifacts.openWrite', [uri, { ...options, contentType }], signal);
    const gatherer = gatherChunks((chunk) => port.call('artifacts.writeChunk', [id, chunk], signal));
    for (; piece.done !== true; piece = await source.next()) await gatherer.add(piece.value);
    await gatherer.end();
    // The host's own answer: this side trusts it.
    return (await port.call('artifacts.closeWrite', [id, true], signal)) as GuestArtifactInfo;
  } catch (error) {
    source.abandon();
    // At the end of the run the host forgets it by itself.
    if (id !== undefined) await port.call('artifacts.closeWrite', [id, false], undefined).catch(() => undefined);
    throw error;
  } finally {
    source.release();
  }
}

interface Source {
  /** Rejects as soon as the signal aborts, whatever the source does. */
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Tells the source that nobody reads on. One that is stuck does not hear it, so nobody waits. */
  abandon(): void;
  release(): void;
}

function openSource({ body, signal }: ArtifactUpload): Source {
  const open: unknown = Reflect.get(Object(body), Symbol.asyncIterator);
  if (typeof open !== 'function') throw invalidArgument('the body must be an async iterable of bytes or text');
  const iterator = body[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  return {
    next: () => Promise.race([iterator.next(), aborted.promise]),
    abandon: () => void iterator.return?.().then(undefined, () => undefined),
    release: () => signal?.removeEventListener('abort', abort),
  };
}

interface ChunkGatherer {
  add(piece: unknown): Promise<void>;
  end(): Promise<void>;
}

/** A chunk may be used again once `send` has resolved. */
function gatherChunks(send: (chunk: Uint8Array) => Promise<unknown>): ChunkGatherer {
  const block = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  // The first half of a character whose second half is in the next piece.
  let half = '';

  const append = async (bytes: Uint8Array): Promise<void> => {
    for (let offset = 0; offset < bytes.byteLength;) {
      const part = bytes.subarray(offset, offset + CHUNK_BYTES - used);
      block.set(part, used);
      used += part.byteLength;
      offset += part.byteLength;
      if (used === CHUNK_BYTES) await flush();
    }
  };
  const flush = async (): Promise<void> => {
    await send(block.subarray(0, used));
    used = 0;
  };

  return {
    async add(piece) {
      if (typeof piece === 'string') {
        const text = half + piece;
        half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
        return await append(encodeText(text.slice(0, text.length - half.length)));
      }
      if (!(piece instanceof Uint8Array)) throw invalidArgument('a piece of the body is neither a Uint8Array nor text');
      if (half !== '') encodeText(half);
      await append(piece);
    },
    async end() {
      if (half !== '') encodeText(half);
      if (used > 0) await flush();
    },
  };
}
