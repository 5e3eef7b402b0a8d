/** A declared artifact: which part of the output becomes a file in the store, and under which name. */
export interface ArtifactDeclaration {
  /** Unique in the manifest. */
  readonly name: string;
  /** Placeholders `{pluginId} {runId} {ts} {date} {profile}` and the host's own; values never bring in a separator or `..`. */
  readonly pathTemplate: string;
  /** JSON pointer into the output; `''` (the default) is all of it. Strings are stored as UTF-8, bytes as they are, the rest as JSON. */
  readonly from?: string;
  /** `./file.js#export`: a Standard Schema that this part must fit. It runs in the sandbox, and changes nothing. */
  readonly schema?: string;
  /** Default: `text/plain; charset=utf-8`, `application/octet-stream` or `application/json`, by what was stored. */
  readonly contentType?: string;
  /** Semantic version of what the artifact says, for readers that ask for `minVersion`. */
  readonly version?: string;
  /** Semantic version of its form. */
  readonly schemaVersion?: string;
  /** Milliseconds from its writing after which it is gone. Default: it stays. */
  readonly ttlMs?: number;
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
  /** Names this version of the artifact, opaque: another write has another one. */
  readonly etag: string;
  readonly contentType: string;
  readonly version: string | undefined;
  readonly schemaVersion: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** From this moment on, in milliseconds since the epoch, it counts as absent. */
  readonly expiresAt: number | undefined;
  /** Where a person finds it: a file path or a URL of the store. Never handed to a guest. */
  readonly location: string;
}

/** How a store is to keep what it is handed. Every member is a duty of the store. */
export interface ArtifactPutOptions {
  readonly contentType: string;
  /** Refuse with `ERR_ARTIFACT_TOO_LARGE` beyond this many bytes. */
  readonly maxBytes: number;
  /** Only over the version with this etag; else `ERR_ARTIFACT_CONFLICT`, and what stands there stays as it is. */
  readonly ifMatch?: string;
  /** Only where nothing stands, or what does has expired; else `ERR_ARTIFACT_CONFLICT`. */
  readonly ifNoneMatch?: '*';
  readonly version?: string;
  readonly schemaVersion?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Ends the write, also while its body waits, and leaves nothing: `ERR_ABORTED`, or the reason itself where that is a plugin error. */
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

/** Which version to delete. */
export interface ArtifactDeleteOptions {
  /** Only the version with this etag; another one stays, and the answer is `ERR_ARTIFACT_CONFLICT`. */
  readonly ifMatch?: string;
}

/**
 * Stores bytes under names, whole or not at all. Of several writers with a condition one wins, also among processes. It asks for no
 * rights, and hands out what has expired: the broker in front of it does that.
 */
export interface ArtifactStore {
  put(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: ArtifactPutOptions,
  ): Promise<ArtifactInfo>;
  /** `undefined` where there is none. The signal holds for the body too: reading it after an abort is `ERR_ABORTED`. */
  get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined>;
  stat(key: ArtifactKey): Promise<ArtifactInfo | undefined>;
  /** Every artifact of a plugin, in the order of their paths. */
  list(pluginId: string): AsyncIterable<ArtifactInfo>;
  /** False where there was none. */
  delete(key: ArtifactKey, options?: ArtifactDeleteOptions): Promise<boolean>;
}

/** A store that can tell of changes, so that nobody has to ask again and again. */
export interface WatchableArtifactStore extends ArtifactStore {
  /** Calls back after each write or deletion of this key, also by another process, until disposed; it may call once too often. */
  watch(key: ArtifactKey, onChange: () => void): Disposable;
}

/** Artifacts that a plugin may read. Every condition must hold; a list that is absent asks nothing. */
export interface ArtifactReadRule {
  /** `self`, the id of a plugin, or `*`. */
  readonly from: string;
  /** Globs over the segments of a path: `*`, `?`, and `**` as a whole segment. */
  readonly paths: readonly string[];
  /** Media types, `text/markdown` or `text/*`. */
  readonly types?: readonly string[];
}

/** Artifacts of its own that a plugin may write and delete. */
export type ArtifactWriteRule = Omit<ArtifactReadRule, 'from'>;

/** What one document allows; what it does not name is denied. */
export interface ArtifactRules {
  readonly read: readonly ArtifactReadRule[];
  readonly write: readonly ArtifactWriteRule[];
}

/** What a read asks of an artifact. */
export interface ArtifactReadOptions {
  /** An older one, and one without a version, is `ERR_ARTIFACT_NOT_FOUND`. */
  readonly minVersion?: string;
  readonly signal?: AbortSignal;
}

/** How an artifact is to be kept. */
export interface ArtifactWriteOptions {
  /** Default: by what is written. */
  readonly contentType?: string;
  readonly version?: string;
  readonly schemaVersion?: string;
  /** Milliseconds from now after which it is gone. */
  readonly ttlMs?: number;
  readonly maxBytes?: number;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: '*';
  readonly signal?: AbortSignal;
}

/** Which artifacts to list. */
export interface ArtifactQuery {
  /** Whose. Default `self`. */
  readonly from?: string;
  /** Default: all paths. */
  readonly glob?: string;
  /** `ready` (the default): those that have not expired. */
  readonly status?: 'ready' | 'expired' | 'all';
  readonly minVersion?: string;
  /** Default and maximum 1 000. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** How long to wait for an artifact, and for which. */
export interface ArtifactWaitOptions extends ArtifactReadOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number;
}

/**
 * What one party may do with artifacts, by URI: `artifact://<pluginId>/<path>`, `artifact://self/<path>` or a bare path of its own. Each
 * throws `ERR_PERMISSION_DENIED` before it looks whether there is anything.
 */
export interface ArtifactAccess {
  /** Throws `ERR_ARTIFACT_NOT_FOUND`, `_EXPIRED`; its body `_CORRUPT`, `_CONFLICT`. */
  readStream(uri: string, options?: ArtifactReadOptions): Promise<StoredArtifact>;
  writeStream(
    uri: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: ArtifactWriteOptions,
  ): Promise<ArtifactInfo>;
  /** In the order of paths. What may not be read is left out. */
  list(query?: ArtifactQuery): Promise<readonly ArtifactInfo[]>;
  /** `undefined` where there is none, or it has expired. */
  stat(uri: string, options?: ArtifactReadOptions): Promise<ArtifactInfo | undefined>;
  delete(uri: string, options?: ArtifactDeleteOptions): Promise<boolean>;
  /** Resolves as soon as the artifact is there. Throws `ERR_TIMEOUT`, `ERR_ABORTED`. */
  wait(uri: string, options?: ArtifactWaitOptions): Promise<ArtifactInfo>;
  copy(from: string, to: string, options?: ArtifactWriteOptions): Promise<ArtifactInfo>;
}
