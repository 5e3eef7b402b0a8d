import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { corrupt, piecesOf } from '@kb-labs/artifacts/store';
import { createError } from '@kb-labs/contracts';
import type { ArtifactRecord } from './head-record.js';

/** The bytes of a reply of the server, held against what its record says; `ERR_ARTIFACT_CORRUPT` at the end where they differ. */
export async function* verifiedBody(
  reply: unknown,
  { uri, record, signal }: { readonly uri: string; readonly record: ArtifactRecord; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of piecesOf(bytesOf(reply), signal)) {
      hash.update(piece);
      bytes += piece.byteLength;
      yield piece;
    }
  } catch (error) {
    // The SDK holds a checksum of the server against the bytes, and throws an error that has only words.
    throw isChecksumMismatch(error) ? corrupt(uri, 'its bytes are not those that were written') : error;
  } finally {
    closeBody(reply);
  }
  if (bytes !== record.bytes || hash.digest('hex') !== record.sha256) {
    throw corrupt(uri, 'its bytes are not those that were written');
  }
}

/** Lets go of a reply that nobody reads to its end, and of the connection with it. */
export function closeBody(reply: unknown): void {
  if (reply instanceof Readable) {
    reply.on('error', ignore);
    reply.destroy();
  } else if (reply instanceof ReadableStream && !reply.locked) {
    reply.cancel().catch(ignore);
  }
}

function ignore(): void {
  // A reply that is not wanted any more may end as it likes.
}

function isChecksumMismatch(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message.startsWith('Checksum mismatch');
}

function bytesOf(reply: unknown): AsyncIterable<Uint8Array> {
  if (reply instanceof Readable || reply instanceof ReadableStream) return reply;
  throw createError('ERR_IO_FAILED', 'the client of S3 gives bodies that are no streams of Node');
}
