import { assertMayPut, conflict } from '@kb-labs/artifacts/store';
import type { Standing } from '@kb-labs/artifacts/store';
import type { ArtifactPutOptions } from '@kb-labs/contracts';
import type { Head } from './head-record.js';
import type { ArtifactPlace } from './object-keys.js';

/** Throws `ERR_ARTIFACT_CONFLICT` where the conditions of a write do not hold over this head. */
export function assertReplaceable(
  place: ArtifactPlace,
  head: Head | undefined,
  { now, options }: { readonly now: number; readonly options: ArtifactPutOptions },
): void {
  const record = head?.record;
  if (record?.kind === 'artifact' && record.path !== place.path) {
    throw conflict(place.uri, `${JSON.stringify(record.path)} differs by case or spelling alone`, 'same-spelling');
  }
  assertMayPut(place.uri, options, { standing: standingOf(head), now });
}

/** What stands under a name, as the conditions of a write and of a deletion see it. */
export function standingOf(head: Head | undefined): Standing {
  if (head === undefined) return undefined;
  const { record } = head;
  if (record === undefined) return 'foreign';
  return record.kind === 'artifact' ? { etag: record.id, expiresAt: record.expiresAt } : undefined;
}
