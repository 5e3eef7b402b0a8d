import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  Clock,
  StoredArtifact,
  WatchableArtifactStore,
} from '@kb-labs/contracts';
import { parseArtifactKey } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { ArtifactTable, readEntry } from './artifact-table.js';
import type { Entry } from './artifact-table.js';
import { throwIfAborted } from './until-aborted.js';
import type { ArtifactBody } from './body.js';
import { assertMayDelete, assertMayPut } from './condition.js';
import { KeyWatchers } from './key-watchers.js';
import { assertDeleteOptions, assertPutOptions } from './put-options.js';
import { conflict } from './store-errors.js';
import { assertStoreOptions, parseLimit } from './store-options.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_ARTIFACTS = 10_000;

/** How much a memory store holds. An unknown option is `ERR_CONFIG_INVALID`. */
export interface MemoryArtifactStoreOptions {
  /** Tells when an artifact was written, and in conditions whether one has expired. Default: that of the process. */
  readonly clock?: Clock;
  /** Bytes of content that all artifacts and all writes under way may hold together. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 10 000. */
  readonly maxArtifacts?: number;
}

/**
 * A store in this process' memory, with the names and errors of the file store. Full, it refuses with `ERR_IO_FAILED` and `errno: 'ENOSPC'`.
 * Nothing outlives the store.
 */
export function createMemoryArtifactStore(options: MemoryArtifactStoreOptions = {}): WatchableArtifactStore {
  return new MemoryArtifactStore(options);
}

class MemoryArtifactStore implements WatchableArtifactStore {
  readonly #now: () => number;
  readonly #table: ArtifactTable;
  readonly #watchers = new KeyWatchers();

  constructor(options: MemoryArtifactStoreOptions) {
    const maker = { name: 'createMemoryArtifactStore', options: ['clock', 'maxBytes', 'maxArtifacts'] };
    assertStoreOptions(options, maker);
    const { clock } = options;
    this.#now = clock === undefined ? Date.now : () => clock.now();
    this.#table = new ArtifactTable({
      now: this.#now,
      maxBytes: parseLimit(maker, 'maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES),
      maxArtifacts: parseLimit(maker, 'maxArtifacts', options.maxArtifacts ?? DEFAULT_MAX_ARTIFACTS),
      locationOf: (uri) => uri,
    });
  }

  async put(key: ArtifactKey, body: ArtifactBody, options: ArtifactPutOptions): Promise<ArtifactInfo> {
    const checked = parseArtifactKey(key);
    assertPutOptions(options);
    using draft = await this.#table.take(body, options);
    const standing = this.#table.find(checked)?.info;
    assertMayPut(artifactUri(checked), options, { standing, now: this.#now() });
    const info = this.#table.add(checked, draft, options);
    this.#watchers.tell(checked);
    return info;
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const entry = this.#table.find(parseArtifactKey(key));
    throwIfAborted(signal);
    if (entry === undefined) return undefined;
    return { info: entry.info, body: { [Symbol.asyncIterator]: () => this.#read(entry, signal) } };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    return this.#table.find(parseArtifactKey(key))?.info;
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    yield* this.#table.list(pluginId);
  }

  async delete(key: ArtifactKey, options: ArtifactDeleteOptions = {}): Promise<boolean> {
    const checked = parseArtifactKey(key);
    assertDeleteOptions(options);
    const entry = this.#table.find(checked);
    if (entry === undefined) return false;
    assertMayDelete(entry.info.uri, options, entry.info);
    this.#table.remove(entry);
    this.#watchers.tell(checked);
    return true;
  }

  watch(key: ArtifactKey, onChange: () => void): Disposable {
    return this.#watchers.add(parseArtifactKey(key), onChange);
  }

  async *#read(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#table.find(entry.info) !== entry) {
      throw conflict(entry.info.uri, 'it was replaced or deleted since it was looked up', 'look-up-to-read');
    }
    throwIfAborted(signal);
    yield* readEntry(entry, signal);
  }
}
