import { createError } from '@kb-labs/contracts';
import type { ArtifactKey } from '@kb-labs/contracts';
import { parseArtifactPath, parsePluginId, quote } from './artifact-path.js';
import { parseArtifactUri } from './artifact-uri.js';

const OWN = 'artifact://self/';

/**
 * The key that a caller means: `artifact://<pluginId>/<path>`, `artifact://self/<path>` (percent-encoded), or a bare path of its own, which is
 * taken as it is. Throws `ERR_ARTIFACT_PATH_INVALID`.
 */
export function parseArtifactAddress(address: unknown, self: string): ArtifactKey {
  if (typeof address !== 'string') {
    throw createError('ERR_ARTIFACT_PATH_INVALID', `${quote(address)} is not the address of an artifact`, {
      hint: 'write `artifact://<pluginId>/<path>`, or a path of your own such as `reports/2026.md`',
    });
  }
  if (address.startsWith(OWN)) return parseArtifactUri(`artifact://${self}/${address.slice(OWN.length)}`);
  // A bare path has no colon.
  if (address.includes(':')) return parseArtifactUri(address);
  return { pluginId: self, path: parseArtifactPath(address) };
}

/** Whose artifacts a caller means by `self` or an id. Throws `ERR_INVALID_ARGUMENT`. */
export function parseOwner(owner: unknown, self: string): string {
  return owner === undefined || owner === 'self' ? self : parsePluginId(owner);
}
