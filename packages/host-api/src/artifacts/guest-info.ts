import type { ArtifactInfo, GuestArtifactInfo } from '@kb-labs/contracts';

/** What a guest may know, member by member: whatever else a store says of an artifact stays here, and so does where it lies. */
export function toGuestInfo(info: ArtifactInfo): GuestArtifactInfo {
  const { uri, pluginId, path, bytes, sha256, etag, contentType, version, schemaVersion, createdAt, expiresAt } = info;
  return { uri, pluginId, path, bytes, sha256, etag, contentType, version, schemaVersion, createdAt, expiresAt };
}
