import { TransformStream } from 'node:stream/web';
import type { ReadableStream } from 'node:stream/web';
import { createError } from '@kb-labs/contracts';
import { refuseOverlap } from '../refuse-overlap.js';

/** A request body that the guest sends piece by piece. */
export interface Upload {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the connection has taken the end of it. */
  readonly sent: Promise<void>;
  /** Resolves when the connection has taken the chunk (`null`: the end). One at a time: a second one is `ERR_INVALID_ARGUMENT`. */
  write(chunk: Uint8Array | null): Promise<void>;
  /** Ends it, wherever it stands. Writes then reject with the reason. */
  abort(reason: unknown): void;
}

/** `details.errno` of a write after the connection has stopped taking the body. The response may still come. */
export const UPLOAD_CLOSED = 'CLOSED';

/** Buffers nothing beyond the one chunk that waits for the connection. */
export function createUpload(): Upload {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const { promise: sent, resolve: markSent } = Promise.withResolvers<void>();
  const turn = refuseOverlap('net.writeBody', 'await each chunk before the next');
  let aborted: { readonly reason: unknown } | undefined;
  return {
    body: readable,
    sent,
    write: (chunk) =>
      turn.take(async () => {
        try {
          await (chunk === null ? writer.close() : writer.write(chunk));
          if (chunk === null) markSent();
        } catch {
          // What the stream says is of no use to a guest: either we ended it, with a reason, or the connection did.
          throw aborted === undefined ? createClosedError() : aborted.reason;
        }
      }),
    abort(reason) {
      aborted ??= { reason };
      // It rejects where the stream has ended already, which is what was wanted.
      writer.abort(reason).catch(() => undefined);
    },
  };
}

function createClosedError(): Error {
  return createError('ERR_FETCH_FAILED', 'the request takes no more of its body', {
    details: { errno: UPLOAD_CLOSED },
  });
}
