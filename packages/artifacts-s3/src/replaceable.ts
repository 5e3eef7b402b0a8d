import type { ArtifactPutOptions } from '@kb-labs/contracts';
import { artifactAt } from './head-record.js';
import type { ArtifactRecord, Head } from './head-record.js';
import type { ArtifactPlace } from './object-keys.js';
import { conflict } from './s3-errors.js';

/** Throws `ERR_ARTIFACT_CONFLICT` where the conditions of a write do not hold over this head. */
export function assertReplaceable(
  place: ArtifactPlace,
  head: Head | undefined,
  { now, options }: { readonly now: number; readonly options: ArtifactPutOptions },
): void {
  const { ifMatch, ifNoneMatch } = options;
  const record = head?.record;
  if (record?.kind === 'artifact' && record.path !== place.path) {
    throw conflict(
      place.uri,
      `${JSON.stringify(record.path)} differs by case or spelling alone`,
      'use the spelling that is there, or a name that differs by more',
    );
  }
  const current = artifactAt(place, head);
  const live = current !== undefined && !isExpired(current, now) ? current : undefined;
  if (ifMatch !== undefined && live?.id !== ifMatch) {
    throw conflict(place.uri, 'the version of ifMatch is not the one that stands there', 'read the artifact again');
  }
  const isDamaged = head !== undefined && record === undefined;
  if (ifNoneMatch !== undefined && (live !== undefined || isDamaged)) {
    throw conflict(place.uri, 'the name is taken', 'use another name, or write without ifNoneMatch');
  }
}

function isExpired({ expiresAt }: ArtifactRecord, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
