import type { ArtifactInfo } from '@kb-labs/contracts';
import { parseArtifactKey } from './artifact-path.js';
import { assertContentType, assertVersionText } from './put-options.js';

/** What a record says of an artifact, read from a place where others may write as well. */
export type ClaimedArtifact = Pick<ArtifactInfo, 'pluginId' | 'path' | 'contentType'> & {
  readonly version?: string | undefined;
  readonly schemaVersion?: string | undefined;
};

/** Whether a store would have taken it. Above all a path may lead nowhere else. */
export function isPossibleArtifact(claimed: ClaimedArtifact): boolean {
  try {
    parseArtifactKey(claimed);
    assertContentType(claimed.contentType);
    assertVersionText('version', claimed.version);
    assertVersionText('schemaVersion', claimed.schemaVersion);
    return true;
  } catch {
    // Somebody else wrote it.
    return false;
  }
}
