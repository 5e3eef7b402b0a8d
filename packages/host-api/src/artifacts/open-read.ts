import type { QuotaMeter, StoredArtifact } from '@kb-labs/contracts';
import { untilAborted } from '../call-signal.js';
import { joinBytes } from '../join-bytes.js';
import { refuseOverlap } from '../refuse-overlap.js';

/** An artifact that a guest reads piece by piece. */
export interface OpenRead {
  /** The next piece, `undefined` at the end. One at a time: a second call is `ERR_INVALID_ARGUMENT`. */
  read(): Promise<Uint8Array | undefined>;
  /** Ends it: reads reject with the reason, and the store is told to stop. */
  close(reason: Error): void;
}

/** What reading is counted against, and what ends it. */
export interface OpenReadOptions {
  readonly meter: QuotaMeter;
  readonly controller: AbortController;
  /** Bytes that one piece may have. */
  readonly chunkBytes: number;
}

/** Takes from the store only what is asked for, and charges `maxBytesRead` for each piece as it comes. */
export function createOpenRead(body: StoredArtifact['body'], options: OpenReadOptions): OpenRead {
  const { controller, chunkBytes } = options;
  const pieces = piecesOf(body, options);
  let rest: Uint8Array = new Uint8Array(0);
  const turn = refuseOverlap('artifacts.readChunk', 'await each chunk before the next');

  const next = async (): Promise<Uint8Array | undefined> => {
    const collected: Uint8Array[] = rest.byteLength > 0 ? [rest] : [];
    let size = rest.byteLength;
    while (size < chunkBytes) {
      const piece = await pieces.next();
      if (piece.done === true) break;
      collected.push(piece.value);
      size += piece.value.byteLength;
    }
    const all = joinBytes(collected);
    rest = all.subarray(chunkBytes);
    return all.byteLength === 0 ? undefined : all.subarray(0, chunkBytes);
  };

  return {
    read: () => turn.take(next),
    close(reason) {
      controller.abort(reason);
      // Not waited for: it goes on when the piece that is under way has come or was given up.
      void pieces.return(undefined).catch(() => undefined);
    },
  };
}

/** The bytes of a stored artifact as they come, charged. Ends at once with the signal. */
export async function* piecesOf(
  body: StoredArtifact['body'],
  { meter, controller: { signal } }: Pick<OpenReadOptions, 'meter' | 'controller'>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const iterator = body[Symbol.asyncIterator]();
  let hasEnded = false;
  try {
    for (;;) {
      const step = await untilAborted(iterator.next(), signal);
      hasEnded = step.done === true;
      if (step.done === true) return undefined;
      meter.reserve('maxBytesRead', step.value.byteLength).commit();
      yield step.value;
    }
  } finally {
    // A body that hangs would hang here as well, and its last error has nobody left to hear it.
    if (!hasEnded) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
