import { randomUUID } from 'node:crypto';
import type { ArtifactPlace, ObjectKeys } from './object-keys.js';
import { isUncertain } from './s3-errors.js';
import type { S3Objects } from './s3-objects.js';

/** How long tidying up may take. What it does not manage, a sweep does. */
const CLEAN_UP_MS = 10_000;

/** What work on an artifact leaves to be tidied up when it is over. */
export interface Remains {
  /** Data that no head means, or will mean. */
  readonly data: Set<string>;
  /** Ends a multipart upload. */
  abortUpload: (() => Promise<void>) | undefined;
  /** Set where nobody knows what is left, so that the sweep has to look. */
  isUnknown: boolean;
}

/** Works under a mark that is removed last: where it stays, a later store sweeps this artifact's place. */
export async function markedWork<T>(
  objects: S3Objects,
  { keys, place }: { readonly keys: ObjectKeys; readonly place: ArtifactPlace },
  work: (remains: Remains) => Promise<T>,
): Promise<T> {
  const mark = keys.mark(place.slot, randomUUID());
  await objects.write(mark, '{}');
  const remains: Remains = { data: new Set(), abortUpload: undefined, isUnknown: false };
  try {
    return await work(remains);
  } catch (error) {
    // A request without an answer may still be carried out after all that we tidy up.
    if (isUncertain(error)) remains.isUnknown = true;
    throw error;
  } finally {
    await tidyUp(objects, mark, remains);
  }
}

async function tidyUp(objects: S3Objects, mark: string, { data, abortUpload, isUnknown }: Remains): Promise<void> {
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  try {
    await abortUpload?.();
    for (const key of data) await objects.remove(key, undefined, signal);
    if (!isUnknown) await objects.remove(mark, undefined, signal);
  } catch {
    // What was published stays published. The mark is still there, and a later store sweeps.
  }
}
