import { createHash } from 'node:crypto';
import { createError } from '@kb-labs/contracts';
import type {
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  Clock,
  StoredArtifact,
} from '@kb-labs/contracts';
import { foldPath, parseArtifactKey, parsePluginId } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { drainBody, throwIfAborted } from './body.js';
import type { ArtifactBody } from './body.js';
import { assertPutOptions } from './put-options.js';
import { conflict, corrupt } from './store-errors.js';
import { assertStoreOptions, wrongOption } from './store-options.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** How much a memory store holds. An unknown option is `ERR_CONFIG_INVALID`. */
export interface MemoryArtifactStoreOptions {
  /** For `createdAt` alone. Default: that of the process. */
  readonly clock?: Clock;
  /** Bytes of content that all artifacts and all writes under way may hold together. Default 64 MiB. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly info: ArtifactInfo;
  readonly chunks: readonly Buffer[];
}

/**
 * A store in this process' memory, with the names and errors of the file store. Full, it refuses with `ERR_IO_FAILED` and `errno: 'ENOSPC'`.
 * Nothing outlives the store.
 */
export function createMemoryArtifactStore(options: MemoryArtifactStoreOptions = {}): ArtifactStore {
  return new MemoryArtifactStore(options);
}

class MemoryArtifactStore implements ArtifactStore {
  readonly #now: () => number;
  readonly #maxBytes: number;
  readonly #plugins = new Map<string, Map<string, Entry>>();
  #held = 0;

  constructor(options: MemoryArtifactStoreOptions) {
    assertStoreOptions(options, { name: 'createMemoryArtifactStore', options: ['clock', 'maxBytes'] });
    const { clock, maxBytes = DEFAULT_MAX_BYTES } = options;
    if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
      throw wrongOption(
        'maxBytes',
        'the option "maxBytes" of createMemoryArtifactStore is not a number of bytes, zero or more',
      );
    }
    this.#now = clock === undefined ? Date.now : () => clock.now();
    this.#maxBytes = maxBytes;
  }

  async put(key: ArtifactKey, body: ArtifactBody, options: ArtifactPutOptions): Promise<ArtifactInfo> {
    const { pluginId, path } = parseArtifactKey(key);
    assertPutOptions(options);
    const uri = artifactUri({ pluginId, path });
    const chunks: Buffer[] = [];
    let kept = false;
    try {
      const sum = await drainBody(body, options, async (chunk) => this.#hold(chunk, chunks));
      const entries = this.#plugins.get(pluginId) ?? new Map<string, Entry>();
      assertFree(uri, path, { entries, ifExists: options.ifExists });
      const { contentType } = options;
      const info = Object.freeze({ uri, pluginId, path, ...sum, contentType, createdAt: this.#now(), location: uri });
      this.#held -= entries.get(foldPath(path))?.info.bytes ?? 0;
      entries.set(foldPath(path), { info, chunks });
      this.#plugins.set(pluginId, entries);
      kept = true;
      return info;
    } finally {
      if (!kept) for (const chunk of chunks) this.#held -= chunk.byteLength;
    }
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const entry = this.#find(key);
    throwIfAborted(signal);
    return entry === undefined
      ? undefined
      : { info: entry.info, body: { [Symbol.asyncIterator]: () => read(entry, signal) } };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    return this.#find(key)?.info;
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    const entries = [...(this.#plugins.get(parsePluginId(pluginId))?.values() ?? [])];
    yield* entries.map((entry) => entry.info).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(key: ArtifactKey): Promise<boolean> {
    const entry = this.#find(key);
    if (entry === undefined) return false;
    this.#held -= entry.info.bytes;
    return this.#plugins.get(entry.info.pluginId)?.delete(foldPath(entry.info.path)) ?? false;
  }

  #find(key: ArtifactKey): Entry | undefined {
    const { pluginId, path } = parseArtifactKey(key);
    const entry = this.#plugins.get(pluginId)?.get(foldPath(path));
    return entry?.info.path === path ? entry : undefined;
  }

  #hold(chunk: Buffer, chunks: Buffer[]): void {
    if (this.#held + chunk.byteLength > this.#maxBytes) {
      throw createError('ERR_IO_FAILED', `the memory store holds no more than ${this.#maxBytes} bytes`, {
        details: { errno: 'ENOSPC', limit: this.#maxBytes },
        hint: 'delete artifacts, raise maxBytes, or use the file store',
      });
    }
    this.#held += chunk.byteLength;
    chunks.push(chunk);
  }
}

interface Neighbours {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly ifExists: ArtifactPutOptions['ifExists'];
}

function assertFree(uri: string, path: string, { entries, ifExists }: Neighbours): void {
  const folded = foldPath(path);
  const same = entries.get(folded);
  if (same !== undefined && same.info.path !== path)
    throw conflict(uri, 'another name differs by case or spelling alone', 'same-spelling');
  if (same !== undefined && ifExists === 'fail') throw conflict(uri, 'the name is taken', 'replace');
  if (same !== undefined) return;
  for (const { info } of entries.values()) {
    if (info.path.startsWith(`${path}/`)) throw conflict(uri, 'a folder has this name', 'rename');
    if (path.startsWith(`${info.path}/`)) throw conflict(uri, 'an artifact has the name of a folder of it', 'rename');
  }
}

async function* read(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  for (const chunk of entry.chunks) {
    throwIfAborted(signal);
    hash.update(chunk);
    // A copy, so that a reader cannot change what is stored.
    yield Buffer.from(chunk);
  }
  if (hash.digest('hex') !== entry.info.sha256) throw corrupt(entry.info.uri, 'its bytes changed since it was written');
}
