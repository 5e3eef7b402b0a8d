import type { ArtifactDeleteOptions, ArtifactInfo, ArtifactPutOptions } from '@kb-labs/contracts';
import { conflict } from './store-errors.js';

/** What of a version conditions ask for. */
type Conditioned = Pick<ArtifactInfo, 'etag' | 'expiresAt'>;

/** What stands under a name: a version, nothing, or something that no store wrote. */
export type Standing = Conditioned | 'foreign' | undefined;

/** Whether an artifact counts as absent. */
export function isExpired({ expiresAt }: Pick<ArtifactInfo, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** Throws `ERR_ARTIFACT_CONFLICT` where the condition of a write does not hold. What has expired counts as absent. */
export function assertMayPut(
  uri: string,
  { ifMatch, ifNoneMatch }: Pick<ArtifactPutOptions, 'ifMatch' | 'ifNoneMatch'>,
  { standing, now }: { readonly standing: Standing; readonly now: number },
): void {
  const current = typeof standing === 'object' && isExpired(standing, now) ? undefined : standing;
  if (ifNoneMatch !== undefined && current !== undefined) throw conflict(uri, 'the name is taken', 'replace');
  if (ifMatch === undefined || (typeof current === 'object' && current.etag === ifMatch)) return;
  throw conflict(uri, current === undefined ? 'there is none' : 'another version stands there', 'look-up');
}

/** Throws `ERR_ARTIFACT_CONFLICT` where another version than the one to delete stands there, expired or not. */
export function assertMayDelete(uri: string, { ifMatch }: ArtifactDeleteOptions, standing: Standing): void {
  if (ifMatch === undefined || standing === undefined) return;
  if (standing === 'foreign' || standing.etag !== ifMatch) {
    throw conflict(uri, 'another version stands there', 'look-up-to-delete');
  }
}
