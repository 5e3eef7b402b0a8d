/** A declared artifact: which part of the output becomes a file in the store, and under which name. */
export interface ArtifactDeclaration {
  /** Unique in the manifest. */
  readonly name: string;
  /** Placeholders `{pluginId} {runId} {ts} {date} {profile}` and the host's own; values never bring in a separator or `..`. */
  readonly pathTemplate: string;
  /** JSON pointer into the output; `''` (the default) is all of it. Strings are stored as UTF-8, bytes as they are, the rest as JSON. */
  readonly from?: string;
  /** Default: `text/plain; charset=utf-8`, `application/octet-stream` or `application/json`, by what was stored. */
  readonly contentType?: string;
  /** Whether an output without this part is fine. Default false. */
  readonly optional?: boolean;
  readonly maxBytes?: number;
}

/** Where an artifact lies. `path` is relative, with `/` between segments, already checked. */
export interface ArtifactKey {
  readonly pluginId: string;
  readonly path: string;
}

/** What is known of a stored artifact without reading it. */
export interface ArtifactInfo {
  readonly uri: string;
  readonly pluginId: string;
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly contentType: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Where a person finds it: a file path or a URL of the store. Never handed to a guest. */
  readonly location: string;
}

/** How a store is to keep what it is handed. Every member is a duty of the store. */
export interface ArtifactPutOptions {
  readonly contentType: string;
  /** Refuse with `ERR_ARTIFACT_TOO_LARGE` beyond this many bytes. */
  readonly maxBytes: number;
  /** `fail` answers `ERR_ARTIFACT_CONFLICT` where the name is taken. */
  readonly ifExists: 'replace' | 'fail';
  readonly signal: AbortSignal;
}

/** An artifact that was found. Nothing of `body` is read before it is asked for. */
export interface StoredArtifact {
  readonly info: ArtifactInfo;
  /**
   * Throws `ERR_ARTIFACT_CORRUPT` at the end where the bytes are not those that were written, and `ERR_ARTIFACT_CONFLICT` where
   * the artifact was replaced or deleted between `get` and the first byte.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Stores bytes under names, whole or not at all. */
export interface ArtifactStore {
  put(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: ArtifactPutOptions,
  ): Promise<ArtifactInfo>;
  /** `undefined` where there is none. */
  get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined>;
  stat(key: ArtifactKey): Promise<ArtifactInfo | undefined>;
  /** Every artifact of a plugin, in the order of their paths. */
  list(pluginId: string): AsyncIterable<ArtifactInfo>;
  /** False where there was none. */
  delete(key: ArtifactKey): Promise<boolean>;
}
