import { createError, isPluginId } from '@kb-labs/contracts';
import type { ArtifactKey } from '@kb-labs/contracts';
import { parseArtifactKey, parseArtifactPath, quote } from './artifact-path.js';

const SCHEME = 'artifact://';
// Longer than the longest path with every byte percent-encoded.
const MAX_URI_LENGTH = 4096;

/** The one URI of an artifact, `artifact://<pluginId>/<path>`, each segment of the path percent-encoded. */
export function artifactUri(key: ArtifactKey): string {
  const { pluginId, path } = parseArtifactKey(key);
  return `${SCHEME}${pluginId}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * The key that a URI names. Throws `ERR_ARTIFACT_PATH_INVALID`, also for a second spelling of a valid URI: an artifact has one.
 */
export function parseArtifactUri(uri: unknown): ArtifactKey {
  if (typeof uri === 'string' && uri.length <= MAX_URI_LENGTH && uri.startsWith(SCHEME)) {
    const segments = uri.slice(SCHEME.length).split('/');
    const pluginId = segments.splice(0, uri.startsWith(`${SCHEME}@`) ? 2 : 1).join('/');
    const path = decode(segments.join('/'));
    if (isPluginId(pluginId) && path !== undefined) {
      const key = { pluginId, path: parseArtifactPath(path) };
      if (artifactUri(key) === uri) return key;
    }
  }
  throw createError('ERR_ARTIFACT_PATH_INVALID', `${quote(uri)} is not the URI of an artifact`, {
    hint: 'write `artifact://<pluginId>/<path>`, percent-encoded as encodeURIComponent does it',
  });
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not valid percent-encoding: the caller refuses it.
    return undefined;
  }
}
