import { createHash } from 'node:crypto';
import { piecesOf, throwIfAborted, tooLarge } from '@kb-labs/artifacts/store';
import type { ArtifactBody } from '@kb-labs/artifacts/store';
import { createError } from '@kb-labs/contracts';
import type { ArtifactPutOptions, PluginError } from '@kb-labs/contracts';
import type { S3Calls } from './s3-calls.js';

/** S3's own limit. */
const MAX_PARTS = 10_000;

/** A new object that is to hold the bytes of one version. */
export interface Upload {
  readonly client: S3Calls;
  readonly bucket: string;
  readonly key: string;
  readonly partBytes: number;
  /** Called with what ends a multipart upload as soon as there is one, and with `undefined` when it is complete. */
  readonly onMultipart: (abort: (() => Promise<void>) | undefined) => void;
}

/** What was uploaded. */
export interface UploadSum {
  readonly bytes: number;
  readonly sha256: string;
}

interface Totals {
  bytes: number;
  readonly hash: ReturnType<typeof createHash>;
}

/**
 * Sends a body in parts that lie in memory whole, at most two at a time. No stream is handed to the SDK: what it makes of one
 * (`aws-chunked`) is stored as it is by servers that do not know that encoding, s3rver 3.7 for one.
 */
export async function upload(target: Upload, body: ArtifactBody, options: ArtifactPutOptions): Promise<UploadSum> {
  const { signal, contentType } = options;
  const totals: Totals = { bytes: 0, hash: createHash('sha256') };
  const parts = partsOf(target, body, { options, totals });
  const first = await parts.next();
  const second = first.done === true ? first : await parts.next();
  if (second.done === true) {
    const Body = first.done === true ? Buffer.alloc(0) : first.value;
    const { client, bucket: Bucket, key: Key } = target;
    await client.putObject({ Bucket, Key, Body, ContentType: contentType }, { abortSignal: signal });
  } else if (first.done !== true) {
    await uploadParts(target, inOrder([first.value, second.value], parts), options);
  }
  return { bytes: totals.bytes, sha256: totals.hash.digest('hex') };
}

async function* partsOf(
  target: Upload,
  body: ArtifactBody,
  { options, totals }: { readonly options: ArtifactPutOptions; readonly totals: Totals },
): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let room = target.partBytes;
  for await (const piece of piecesOf(body, options.signal)) {
    if (totals.bytes + piece.byteLength > options.maxBytes) throw tooLarge(options.maxBytes);
    if (totals.bytes + piece.byteLength > target.partBytes * MAX_PARTS) throw tooManyParts(target.partBytes);
    totals.bytes += piece.byteLength;
    for (let start = 0; start < piece.byteLength;) {
      // A copy, so that what is hashed is what is sent, whoever else holds the memory.
      const copy = Buffer.from(piece.subarray(start, start + room));
      totals.hash.update(copy);
      held.push(copy);
      start += copy.byteLength;
      room -= copy.byteLength;
      if (room > 0) continue;
      yield join(held);
      [held, room] = [[], target.partBytes];
    }
  }
  if (held.length > 0) yield join(held);
}

function join(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

async function* inOrder(
  begun: readonly Buffer[],
  rest: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  yield* begun;
  yield* rest;
}

async function uploadParts(
  { client, bucket: Bucket, key: Key, onMultipart }: Upload,
  parts: AsyncIterable<Buffer>,
  { contentType, signal }: ArtifactPutOptions,
): Promise<void> {
  const { UploadId } = await client.createMultipartUpload(
    { Bucket, Key, ContentType: contentType },
    { abortSignal: signal },
  );
  onMultipart(async () => {
    await client.abortMultipartUpload({ Bucket, Key, UploadId });
  });
  const sent: { PartNumber: number; ETag: string | undefined }[] = [];
  let underWay: Promise<void> = Promise.resolve();
  const send = async (Body: Buffer, PartNumber: number): Promise<void> => {
    const { ETag } = await client.uploadPart({ Bucket, Key, UploadId, PartNumber, Body }, { abortSignal: signal });
    sent.push({ PartNumber, ETag });
  };
  let number = 0;
  for await (const part of parts) {
    await underWay;
    throwIfAborted(signal);
    underWay = send(part, (number += 1));
    // Looked at when the next part is there; until then a failure is nobody's.
    underWay.catch(() => undefined);
  }
  await underWay;
  await client.completeMultipartUpload(
    { Bucket, Key, UploadId, MultipartUpload: { Parts: sent } },
    { abortSignal: signal },
  );
  onMultipart(undefined);
}

function tooManyParts(partBytes: number): PluginError {
  const limit = partBytes * MAX_PARTS;
  return createError('ERR_ARTIFACT_TOO_LARGE', `the artifact is larger than ${MAX_PARTS} parts of ${partBytes} bytes`, {
    details: { limit },
    hint: 'write less, or raise partBytes',
  });
}
