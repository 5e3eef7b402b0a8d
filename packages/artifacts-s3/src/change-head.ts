import { randomUUID } from 'node:crypto';
import { assertMayDelete, conflict } from '@kb-labs/artifacts/store';
import type { ArtifactDeleteOptions } from '@kb-labs/contracts';
import type { ArtifactRecord, Head, HeadRecord } from './head-record.js';
import type { HeadWriter } from './head-writer.js';
import type { ArtifactPlace } from './object-keys.js';
import { standingOf } from './replaceable.js';
import { isUncertain } from './s3-errors.js';

/** Each one that fails means that somebody else's change did not. */
const MAX_ATTEMPTS = 64;

/** How to put a new version in the place of what stands. */
export interface HeadReplacement {
  readonly heads: HeadWriter;
  readonly key: string;
  /** As it was read last. */
  readonly head: Head | undefined;
  readonly read: () => Promise<Head | undefined>;
  /** Throws where a head may not be replaced. */
  readonly check: (head: Head | undefined) => void;
}

/** Makes a record the current one, over whatever may be replaced, and resolves to what it replaced. */
export async function replaceHead(
  place: ArtifactPlace,
  record: ArtifactRecord,
  { heads, key, head, read, check }: HeadReplacement,
): Promise<Head | undefined> {
  let expected = head;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    check(expected);
    const outcome = await outcomeOf(heads.replace({ key, expected }, record));
    if (outcome === true) return expected;
    const found = await read();
    // The write was carried out and its answer was lost, so that a second try of the SDK met its own work.
    if (found?.record?.id === record.id) return expected;
    if (outcome !== false) throw outcome.error;
    expected = found;
  }
  throw conflict(place.uri, 'too many others write it at the same time', 'later');
}

/** How to take away what stands. */
export interface HeadRemoval {
  readonly heads: HeadWriter;
  readonly key: string;
  /** `undefined` where there is nothing to delete. */
  readonly read: () => Promise<Head | undefined>;
  /** Called with what no head means any more; with `undefined` where its record cannot be read. */
  readonly onRemoved: (record: HeadRecord | undefined) => void;
}

/** Deletes what stands, as far as it is the version of `ifMatch`. False where there is nothing. */
export async function removeHead(
  place: ArtifactPlace,
  options: ArtifactDeleteOptions,
  { heads, key, read, onRemoved }: HeadRemoval,
): Promise<boolean> {
  const { pluginId, path } = place;
  const gone: HeadRecord = { format: 1, kind: 'deleted', id: randomUUID(), pluginId, path };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const expected = await read();
    if (expected === undefined) return false;
    assertMayDelete(place.uri, options, standingOf(expected));
    const outcome = await outcomeOf(heads.remove({ key, expected }, gone));
    if (outcome === true) {
      onRemoved(expected.record);
      return true;
    }
    const isStillThere = (await read())?.record?.id === expected.record?.id;
    if (!isStillThere) onRemoved(expected.record);
    if (outcome !== false) throw outcome.error;
  }
  throw conflict(place.uri, 'too many others write it at the same time', 'later');
}

/** What a change came to, with the error where nobody knows. Throws the errors that say that it was not carried out. */
async function outcomeOf(change: Promise<boolean>): Promise<boolean | { readonly error: unknown }> {
  try {
    return await change;
  } catch (error) {
    if (!isUncertain(error)) throw error;
    return { error };
  }
}
