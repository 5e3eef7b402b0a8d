import { parseJson } from '@kb-labs/contracts';
import { isPossibleArtifact } from '@kb-labs/artifacts/store';
import type { ArtifactInfo } from '@kb-labs/contracts';
import { z } from 'zod';
import type { ArtifactPlace } from './object-keys.js';

interface RecordBase {
  readonly format: 1;
  /** Names the version, and the object with its bytes. */
  readonly id: string;
  readonly pluginId: string;
  readonly path: string;
}

/** What the head of an artifact says. */
export interface ArtifactRecord extends RecordBase {
  readonly kind: 'artifact';
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly version?: string | undefined;
  readonly schemaVersion?: string | undefined;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
}

/** Stands for an artifact that was deleted, on servers that delete under no condition. */
interface DeletedRecord extends RecordBase {
  readonly kind: 'deleted';
}

/** What a head says. */
export type HeadRecord = ArtifactRecord | DeletedRecord;

/** A head as it was read. `record` is `undefined` where it says nothing that can be understood. */
export interface Head {
  /** Of the server: any other write gives another one, because every record has an id of its own. */
  readonly etag: string;
  readonly record: HeadRecord | undefined;
}

const base = { format: z.literal(1), id: z.uuid(), pluginId: z.string(), path: z.string() };

const schema: z.ZodType<HeadRecord> = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('artifact'),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    contentType: z.string(),
    version: z.string().optional(),
    schemaVersion: z.string().optional(),
    createdAt: z.number(),
    expiresAt: z.int().nonnegative().optional(),
  }),
  z.strictObject({ ...base, kind: z.literal('deleted') }),
]);

/** The text of a head. */
export function formatRecord(record: HeadRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Reads what `formatRecord` wrote for this plugin; `undefined` for anything else, and for what no store would have taken. */
export function parseRecord(text: string, pluginId: string): HeadRecord | undefined {
  const parsed = schema.safeParse(tryParse(text));
  return parsed.success && parsed.data.pluginId === pluginId && isPossible(parsed.data) ? parsed.data : undefined;
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

/** A record of a deleted artifact says nothing of a content type. */
function isPossible(record: HeadRecord): boolean {
  return isPossibleArtifact({ contentType: 'application/octet-stream', ...record });
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // Not ours: the caller says that the artifact is damaged.
    return undefined;
  }
}
