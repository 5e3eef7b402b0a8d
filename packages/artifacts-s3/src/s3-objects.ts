import type { S3Calls } from './s3-calls.js';
import { closeBody } from './verified-body.js';
import { isMissing, isRefusedCondition, isUnknownCall } from './s3-errors.js';

/** What must hold for a write or deletion to be carried out. */
export type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: '*' };

/** A small object, read whole. */
export interface SmallObject {
  readonly text: string;
  /** Of the server, with its quotes. */
  readonly etag: string;
}

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly modifiedAt: number;
}

const JSON_TYPE = 'application/json';
const MAX_SMALL_BYTES = 64 * 1024;

/** The small objects of a bucket. Errors are those of the SDK. */
export class S3Objects {
  readonly client: S3Calls;
  readonly bucket: string;

  constructor(client: S3Calls, bucket: string) {
    this.client = client;
    this.bucket = bucket;
  }

  /** `undefined` where there is none. What is larger than any of ours reads as empty. */
  async read(key: string, signal?: AbortSignal): Promise<SmallObject | undefined> {
    try {
      const found = await this.client.getObject({ Bucket: this.bucket, Key: key }, withSignal(signal));
      const etag = found.ETag ?? '';
      if ((found.ContentLength ?? 0) <= MAX_SMALL_BYTES)
        return { text: (await found.Body?.transformToString()) ?? '', etag };
      closeBody(found.Body);
      return { text: '', etag };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** False where the condition did not hold. Never aborted, so that its outcome is known. */
  async write(key: string, text: string, condition?: Condition): Promise<boolean> {
    try {
      await this.client.putObject({ Bucket: this.bucket, Key: key, Body: text, ContentType: JSON_TYPE, ...condition });
      return true;
    } catch (error) {
      // A server answers 404 to `If-Match` where nothing stands.
      if (condition !== undefined && (isRefusedCondition(error) || isMissing(error))) return false;
      throw error;
    }
  }

  /** False where the condition did not hold. An object that is not there is removed as well. */
  async remove(
    key: string,
    condition?: Extract<Condition, { IfMatch: string }>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.client.deleteObject({ Bucket: this.bucket, Key: key, ...condition }, withSignal(signal));
      return true;
    } catch (error) {
      if (isMissing(error)) return condition === undefined;
      if (condition !== undefined && isRefusedCondition(error)) return false;
      throw error;
    }
  }

  async bytesOf(key: string, signal: AbortSignal): Promise<number | undefined> {
    const { ContentLength } = await this.client.headObject({ Bucket: this.bucket, Key: key }, withSignal(signal));
    return ContentLength;
  }

  /** All objects whose key begins with the prefix, page by page, in the order of the server. */
  async *list(prefix: string): AsyncGenerator<ListedObject, void, undefined> {
    let token: string | undefined;
    do {
      const page = await this.client.listObjectsV2({
        Bucket: this.bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, modifiedAt: LastModified?.getTime() ?? Number.POSITIVE_INFINITY };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Ends the multipart uploads below a prefix that began before a moment. A server that cannot list them ends none. */
  async abortUploads(prefix: string, before: number): Promise<void> {
    const { Bucket, client } = { Bucket: this.bucket, client: this.client };
    try {
      // What is beyond one page is found by the next sweep.
      const { Uploads = [] } = await client.listMultipartUploads({ Bucket, Prefix: prefix });
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (Key?.startsWith(prefix) !== true || (Initiated?.getTime() ?? before) >= before) continue;
        await client.abortMultipartUpload({ Bucket, Key, UploadId });
      }
    } catch (error) {
      // Not every server knows these calls, and not every user may make them. A lifecycle rule of the bucket does the same.
      if (!isUnknownCall(error) && !isForbidden(error) && !isMissing(error)) throw error;
    }
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.name === 'AccessDenied';
}

function withSignal(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
