import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
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
import { isWatchable } from './watchable.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_CHANGES = 10_000;

/** How much an overlay holds. An unknown option is `ERR_CONFIG_INVALID`. */
export interface OverlayStoreOptions {
  /** As for the store below it. Default: that of the process. */
  readonly clock?: Clock;
  /** Bytes of content that all writes may hold together. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Artifacts written or deleted. Default 10 000. */
  readonly maxChanges?: number;
}

/**
 * A store for dry runs: what is written and deleted stays in memory, what was not is read from `base`, and `base` is never changed.
 * Conditions are held against both. Full, it refuses with `ERR_IO_FAILED`. It can be watched where `base` can. Names that `base` would refuse
 * beside others of its own are not refused.
 */
export function createOverlayStore(base: ArtifactStore, options: OverlayStoreOptions = {}): ArtifactStore {
  return isWatchable(base) ? new WatchableOverlayStore(base, options) : new OverlayStore(base, options);
}

class OverlayStore implements ArtifactStore {
  readonly #base: ArtifactStore;
  readonly #now: () => number;
  readonly #table: ArtifactTable;
  readonly #deleted = new Set<string>();
  protected readonly watchers: KeyWatchers = new KeyWatchers();

  constructor(base: ArtifactStore, options: OverlayStoreOptions) {
    const maker = { name: 'createOverlayStore', options: ['clock', 'maxBytes', 'maxChanges'] };
    assertStoreOptions(options, maker);
    const { clock } = options;
    this.#base = base;
    this.#now = clock === undefined ? Date.now : () => clock.now();
    this.#table = new ArtifactTable({
      now: this.#now,
      maxBytes: parseLimit(maker, 'maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES),
      maxArtifacts: parseLimit(maker, 'maxChanges', options.maxChanges ?? DEFAULT_MAX_CHANGES),
      locationOf: (uri) => `dry-run:${uri}`,
    });
  }

  async put(key: ArtifactKey, body: ArtifactBody, options: ArtifactPutOptions): Promise<ArtifactInfo> {
    const checked = parseArtifactKey(key);
    assertPutOptions(options);
    using draft = await this.#table.take(body, options);
    const below = await this.#base.stat(checked);
    // From here on nobody comes in between.
    const standing = this.#over(checked, below);
    assertMayPut(artifactUri(checked), options, { standing, now: this.#now() });
    const info = this.#table.add(checked, draft, options);
    this.watchers.tell(checked);
    return info;
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const checked = parseArtifactKey(key);
    const entry = this.#table.find(checked);
    const below = entry === undefined && !this.#isDeleted(checked) ? await this.#base.get(checked, signal) : undefined;
    throwIfAborted(signal);
    const stored =
      entry === undefined
        ? below
        : { info: entry.info, body: { [Symbol.asyncIterator]: () => readEntry(entry, signal) } };
    if (stored === undefined) return undefined;
    return { info: stored.info, body: { [Symbol.asyncIterator]: () => this.#read(stored, entry) } };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    const checked = parseArtifactKey(key);
    return this.#over(checked, this.#table.find(checked)?.info ?? (await this.#base.stat(checked)));
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    const own = [...this.#table.list(pluginId)];
    for await (const info of this.#base.list(pluginId)) {
      for (let next = own[0]; next !== undefined && next.path <= info.path; next = own[0]) {
        own.shift();
        yield next;
      }
      if (this.#table.find(info) === undefined && !this.#isDeleted(info)) yield info;
    }
    yield* own;
  }

  async delete(key: ArtifactKey, options: ArtifactDeleteOptions = {}): Promise<boolean> {
    const checked = parseArtifactKey(key);
    assertDeleteOptions(options);
    const below = await this.#base.stat(checked);
    const standing = this.#over(checked, below);
    if (standing === undefined) return false;
    assertMayDelete(standing.uri, options, standing);
    const entry = this.#table.find(checked);
    if (entry !== undefined) this.#table.remove(entry);
    if (!this.#isDeleted(checked)) {
      this.#table.note();
      this.#deleted.add(artifactUri(checked));
    }
    this.watchers.tell(checked);
    return true;
  }

  /** What is seen of a key, given what stands below. */
  #over(key: ArtifactKey, below: ArtifactInfo | undefined): ArtifactInfo | undefined {
    return this.#table.find(key)?.info ?? (this.#isDeleted(key) ? undefined : below);
  }

  #isDeleted(key: ArtifactKey): boolean {
    return this.#deleted.has(artifactUri(key));
  }

  async *#read(stored: StoredArtifact, entry: Entry | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const { info, body } = stored;
    const isSame = this.#table.find(info) === entry && (entry !== undefined || !this.#isDeleted(info));
    if (!isSame) throw conflict(info.uri, 'it was replaced or deleted since it was looked up', 'look-up-to-read');
    yield* body;
  }
}

/** The same, over a store that can be watched. */
class WatchableOverlayStore extends OverlayStore implements WatchableArtifactStore {
  readonly #watched: WatchableArtifactStore;

  constructor(base: WatchableArtifactStore, options: OverlayStoreOptions) {
    super(base, options);
    this.#watched = base;
  }

  watch(key: ArtifactKey, onChange: () => void): Disposable {
    const below = this.#watched.watch(key, onChange);
    const own = this.watchers.add(key, onChange);
    return {
      [Symbol.dispose]: () => {
        own[Symbol.dispose]();
        below[Symbol.dispose]();
      },
    };
  }
}
