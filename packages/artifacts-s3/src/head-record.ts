import type { ArtifactInfo } from '@kb-labs/contracts';
import { z } from 'zod';
import type { ArtifactPlace } from './object-keys.js';

const base = { format: z.literal(1), id: z.uuid(), pluginId: z.string(), path: z.string() };

const HeadRecord = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('artifact'),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    contentType: z.string(),
    version: z.string().optional(),
    schemaVersion: z.string().optional(),
    createdAt: z.number(),
    expiresAt: z.number().optional(),
  }),
  // Stands for an artifact that was deleted, on servers that delete under no condition.
  z.strictObject({ ...base, kind: z.literal('deleted') }),
]);

/** What a head says. Its id names the version, and the object with its bytes. */
export type HeadRecord = z.output<typeof HeadRecord>;
/** The record of an artifact that is there. */
export type ArtifactRecord = Extract<HeadRecord, { kind: 'artifact' }>;

/** A head as it was read. `record` is `undefined` where it says nothing that can be understood. */
export interface Head {
  /** Of the server: any other write gives another one, because every record has an id of its own. */
  readonly etag: string;
  readonly record: HeadRecord | undefined;
}

/** The text of a head. */
export function formatRecord(record: HeadRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Reads what `formatRecord` wrote for this plugin; `undefined` for anything else. */
export function parseRecord(text: string, pluginId: string): HeadRecord | undefined {
  const parsed = HeadRecord.safeParse(parseJson(text));
  return parsed.success && parsed.data.pluginId === pluginId ? parsed.data : undefined;
}

/** The artifact that a head stands for, as far as it has the very path that was asked for. */
export function artifactAt(place: ArtifactPlace, head: Head | undefined): ArtifactRecord | undefined {
  const record = head?.record;
  return record?.kind === 'artifact' && record.path === place.path ? record : undefined;
}

/** What is told of an artifact. */
export function infoOf(uri: string, record: ArtifactRecord, location: string): ArtifactInfo {
  const { pluginId, path, bytes, sha256, id, contentType, version, schemaVersion, createdAt, expiresAt } = record;
  const about = { contentType, version, schemaVersion, createdAt, expiresAt };
  return Object.freeze({ uri, pluginId, path, bytes, sha256, etag: id, ...about, location });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours: the caller says that the artifact is damaged.
    return undefined;
  }
}
