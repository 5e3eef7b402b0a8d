import { createError, isPluginId } from '@kb-labs/contracts';
import type { ArtifactKey, PluginError } from '@kb-labs/contracts';

const MAX_PATH_BYTES = 1024;
const MAX_SEGMENT_BYTES = 255;
const WIN32_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?: *\..*)?$/i;

/**
 * Makes a checked artifact path of an unknown value: relative, `/` between segments, a name that every platform can store.
 * Throws `ERR_ARTIFACT_PATH_INVALID`. Nothing is decoded or normalised: what is accepted is returned as it came.
 */
export function parseArtifactPath(path: unknown): string {
  if (typeof path !== 'string') throw invalidPath(path, 'it is not a string');
  if (path === '') throw invalidPath(path, 'it is empty');
  // Counted in units first, so that nothing long is encoded.
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw invalidPath(path, `it is longer than ${MAX_PATH_BYTES} bytes`);
  }
  for (const segment of path.split('/')) {
    const flaw = flawOfSegment(segment);
    if (flaw !== undefined) throw invalidPath(path, flaw);
  }
  return path;
}

/** Says why a text cannot be one segment of a path; `undefined` where it can. */
export function flawOfSegment(segment: string): string | undefined {
  if (segment === '') return 'a segment is empty';
  if (segment === '.' || segment === '..') return `a segment is "${segment}"`;
  // Colons open streams on NTFS; the others are refused by Windows.
  if (/[/\\<>:"|?*]/.test(segment)) return 'a segment has one of / \\ < > : " | ? *';
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(segment)) return 'a segment has a control character or half a surrogate pair';
  if (/[. ]$/.test(segment)) return 'a segment ends with a dot or a space';
  if (WIN32_DEVICE.test(segment)) return `"${segment.slice(0, 16)}" is a device name on Windows`;
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes`;
  return undefined;
}

/** Checks both halves of a key: `ERR_INVALID_ARGUMENT` for the plugin, `ERR_ARTIFACT_PATH_INVALID` for the path. */
export function parseArtifactKey(key: ArtifactKey): ArtifactKey {
  return { pluginId: parsePluginId(key.pluginId), path: parseArtifactPath(key.path) };
}

/** Checks a plugin id, `name` or `@scope/name`. Throws `ERR_INVALID_ARGUMENT`. */
export function parsePluginId(id: unknown): string {
  if (isPluginId(id)) return id;
  throw createError('ERR_INVALID_ARGUMENT', `${quote(id)} is not the id of a plugin`, {
    hint: 'name plugins as npm names packages: lower case, `name` or `@scope/name`',
  });
}

/** Equal for two paths that some file system takes for one: by case, by Unicode normalisation, by characters that do not show. */
export function foldPath(path: string): string {
  // Up before down: 'ß' and 'SS', 'ς' and 'σ' fold to one.
  return path
    .normalize('NFC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC');
}

/** A value as a short text for a message. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : `a value of type ${typeof value}`;
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}

function invalidPath(path: unknown, flaw: string): PluginError {
  return createError('ERR_ARTIFACT_PATH_INVALID', `${quote(path)} is not an artifact path: ${flaw}`, {
    details: { flaw },
    hint: 'use a relative path such as `reports/2026.md`, with names that every platform can store',
  });
}
