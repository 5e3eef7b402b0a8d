import { randomUUID } from 'node:crypto';
import { throwIfAborted } from '@kb-labs/artifacts/store';
import type { ArtifactBody } from '@kb-labs/artifacts/store';
import { createError } from '@kb-labs/contracts';
import type { ArtifactPutOptions, PluginError } from '@kb-labs/contracts';
import type { ArtifactRecord } from './head-record.js';
import type { Remains } from './marked-work.js';
import type { ArtifactPlace, ObjectKeys } from './object-keys.js';
import type { S3Objects } from './s3-objects.js';
import type { S3StoreSettings } from './store-options.js';
import { upload } from './upload.js';

/** A version that is about to be written. */
export interface NewVersion {
  readonly place: ArtifactPlace;
  readonly keys: ObjectKeys;
  readonly objects: S3Objects;
  readonly settings: S3StoreSettings;
  readonly options: ArtifactPutOptions;
  readonly remains: Remains;
}

/** Uploads the bytes of a version under a key of their own, makes sure that all arrived, and tells what its head is to say. */
export async function uploadVersion(
  { place, keys, objects, settings, options, remains }: NewVersion,
  body: ArtifactBody,
): Promise<ArtifactRecord> {
  const { client, bucket, partBytes, clock, leftoverAfterMs } = settings;
  const { contentType, version, schemaVersion, expiresAt, signal } = options;
  const begun = clock.monotonic();
  const id = randomUUID();
  const key = keys.data(place.slot, id);
  remains.data.add(key);
  const onMultipart = (abort: Remains['abortUpload']): void => void (remains.abortUpload = abort);
  const sum = await upload({ client, bucket, key, partBytes, onMultipart }, body, options);
  const stored = await objects.bytesOf(key, signal);
  if (stored !== sum.bytes) throw stuffed(place.uri, sum.bytes, stored);
  throwIfAborted(signal);
  const elapsed = clock.monotonic() - begun;
  // From here on a sweep may take the data for what a dead writer left.
  if (elapsed > leftoverAfterMs / 2) throw tooLate(elapsed, leftoverAfterMs / 2);
  const about = { contentType, version, schemaVersion, createdAt: clock.now(), expiresAt };
  return { format: 1, kind: 'artifact', id, pluginId: place.pluginId, path: place.path, ...sum, ...about };
}

function stuffed(uri: string, bytes: number, stored: number | undefined): PluginError {
  return createError(
    'ERR_IO_FAILED',
    `the server keeps ${stored ?? 'an unknown number of'} bytes of the ${bytes} of ${uri}`,
    {
      details: { uri, bytes, stored },
      hint: "make the client with requestChecksumCalculation: 'WHEN_REQUIRED', and without middleware that changes bodies",
    },
  );
}

function tooLate(elapsed: number, limit: number): PluginError {
  return createError('ERR_TIMEOUT', `the upload took ${elapsed} ms, more than the ${limit} ms that a write may take`, {
    details: { elapsed, limit },
    hint: 'raise leftoverAfterMs in all stores of this prefix',
  });
}
