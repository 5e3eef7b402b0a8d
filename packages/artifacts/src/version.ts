/** What is known of one version of an artifact; the content of its metadata file, and never changed once written. */
export interface Version {
  /** The id of the ticket under which it was written. */
  readonly id: string;
  readonly pluginId: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly createdAt: number;
  /** Inode and time of change of the data. A copy of a store has others, and there size and hash decide. */
  readonly identity: string;
}

/** The text of a metadata file. */
export function formatVersion(version: Version): string {
  const { pluginId, path, bytes, sha256, contentType, createdAt, identity } = version;
  return `${JSON.stringify({ format: 1, pluginId, path, bytes, sha256, contentType, createdAt, identity })}\n`;
}

/** Reads what `formatVersion` wrote; `undefined` for anything else. */
export function parseVersion(id: string, text: string): Version | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 1) return undefined;
  const { pluginId, path, bytes, sha256, contentType, createdAt, identity }: Readonly<Record<string, unknown>> = {
    ...value,
  };
  if (typeof pluginId !== 'string' || typeof path !== 'string' || typeof contentType !== 'string') return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (typeof bytes !== 'number' || typeof createdAt !== 'number' || typeof identity !== 'string') return undefined;
  return { id, pluginId, path, bytes, sha256, contentType, createdAt, identity };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours: the caller passes over it.
    return undefined;
  }
}
