import { randomUUID } from 'node:crypto';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { isUnknownCall } from './s3-errors.js';
import type { S3Objects } from './s3-objects.js';

/** The ETag of nothing. */
const NO_ETAG = '"00000000000000000000000000000000"';
const AT_ONCE = 4;

/**
 * Tries on a key of its own whether the server keeps conditions, and resolves to whether it also deletes under one. Throws
 * `ERR_CONFIG_INVALID` where it writes although the condition does not hold: several writers would lose artifacts there.
 */
export async function probeConditions(objects: S3Objects, key: string): Promise<boolean> {
  try {
    await assertConditionalWrites(objects, key);
    return await deletesConditionally(objects, key);
  } finally {
    await objects.remove(key);
  }
}

async function assertConditionalWrites(objects: S3Objects, key: string): Promise<void> {
  try {
    const tries = Array.from({ length: AT_ONCE }, () => objects.write(key, randomUUID(), { IfNoneMatch: '*' }));
    const written = (await Promise.all(tries)).filter(Boolean).length;
    if (written > 1) throw ignored('If-None-Match: *');
    // S3 may answer 409 to all of those that come at once.
    if (written === 0 && !(await objects.write(key, randomUUID(), { IfNoneMatch: '*' })))
      throw ignored('If-None-Match: *');
    if (await objects.write(key, randomUUID(), { IfNoneMatch: '*' })) throw ignored('If-None-Match: *');
    if (await objects.write(key, randomUUID(), { IfMatch: NO_ETAG })) throw ignored('If-Match');
    const etag = (await objects.read(key))?.etag ?? '';
    if (!(await objects.write(key, randomUUID(), { IfMatch: etag }))) throw ignored('If-Match');
  } catch (error) {
    throw isUnknownCall(error) ? ignored('conditional writes', error) : error;
  }
}

async function deletesConditionally(objects: S3Objects, key: string): Promise<boolean> {
  try {
    if (await objects.remove(key, { IfMatch: NO_ETAG })) return false;
    const etag = (await objects.read(key))?.etag;
    if (etag === undefined) return false;
    return (await objects.remove(key, { IfMatch: etag })) && (await objects.read(key)) === undefined;
  } catch (error) {
    if (isUnknownCall(error)) return false;
    throw error;
  }
}

function ignored(condition: string, cause?: unknown): PluginError {
  return createError('ERR_CONFIG_INVALID', `this server of S3 does not keep the condition of a write: ${condition}`, {
    details: { pointer: '/writers', condition },
    hint: 'use a server that does, or, where this store is the only one that writes below the prefix, writers: "one"',
    ...(cause === undefined ? {} : { cause }),
  });
}
