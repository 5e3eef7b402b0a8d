import { parseJson } from '@kb-labs/contracts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ArtifactInfo } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { isPossibleArtifact } from './possible-artifact.js';

/** What is known of one version of an artifact; the content of its metadata file, and never changed once written. */
export interface Version {
  /** The id of the ticket under which it was written. */
  readonly id: string;
  readonly pluginId: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly version: string | undefined;
  readonly schemaVersion: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** Inode and time of change of the data. A copy of a store has others, and there size and hash decide. */
  readonly identity: string;
}

/** Names a version to those outside. Its id would tell them of the machine and its processes. */
export function etagOf({ id }: Pick<Version, 'id'>): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32);
}

/** What a store below `root` tells of a version. */
export function infoOf(root: string, version: Version): ArtifactInfo {
  const { id: _id, identity: _identity, ...known } = version;
  const { pluginId, path } = known;
  return Object.freeze({
    uri: artifactUri({ pluginId, path }),
    ...known,
    etag: etagOf(version),
    location: join(root, pluginId, path),
  });
}

/** The text of a metadata file. */
export function formatVersion({ id: _id, ...version }: Version): string {
  return `${JSON.stringify({ format: 1, ...version })}\n`;
}

/** Reads what `formatVersion` wrote; `undefined` for anything else: a checkout may bring such files along, and nothing in them is believed. */
export function parseVersion(id: string, text: string): Version | undefined {
  const value = tryParse(text);
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 1) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { pluginId, path, contentType, identity, sha256, bytes, createdAt } = fields;
  const { version, schemaVersion, expiresAt } = fields;
  if (typeof pluginId !== 'string' || typeof path !== 'string' || typeof contentType !== 'string') return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || typeof identity !== 'string') return undefined;
  if (!isCount(bytes) || !(expiresAt === undefined || isCount(expiresAt))) return undefined;
  if (typeof createdAt !== 'number' || !Number.isFinite(createdAt)) return undefined;
  if (!isText(version) || !isText(schemaVersion)) return undefined;
  const known = { pluginId, path, bytes, sha256, contentType, version, schemaVersion };
  return isPossibleArtifact(known) ? { id, ...known, createdAt, expiresAt, identity } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // Not ours: the caller passes over it.
    return undefined;
  }
}
