import { createHash, randomBytes } from 'node:crypto';
import { createError } from '@kb-labs/contracts';
import type { ArtifactInfo, ArtifactKey, ArtifactPutOptions, PluginError } from '@kb-labs/contracts';
import { foldPath, parsePluginId } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { drainBody } from './body.js';
import { throwIfAborted } from './until-aborted.js';
import type { ArtifactBody, BodySum } from './body.js';
import { ChunkList } from './chunk-list.js';
import { conflict, corrupt } from './store-errors.js';

/** An artifact in memory. */
export interface Entry {
  readonly info: ArtifactInfo;
  readonly chunks: readonly Buffer[];
}

/** A body that was taken in and has no name yet. Counts against the limit until it is added or given back. */
export interface Draft extends Disposable {
  readonly chunks: readonly Buffer[];
  readonly sum: BodySum;
}

/** How much a table holds, and what it tells of it. */
export interface TableOptions {
  readonly now: () => number;
  readonly maxBytes: number;
  /** Artifacts, and notes of deleted ones. */
  readonly maxArtifacts: number;
  readonly locationOf: (uri: string) => string;
}

/** The artifacts of a store in memory. Each method but `take` is done at once, so nobody comes in between. */
export class ArtifactTable {
  readonly #options: TableOptions;
  readonly #plugins = new Map<string, Map<string, Entry>>();
  #bytes = 0;
  #count = 0;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  find({ pluginId, path }: ArtifactKey): Entry | undefined {
    const entry = this.#plugins.get(pluginId)?.get(foldPath(path));
    return entry?.info.path === path ? entry : undefined;
  }

  list(pluginId: string): readonly ArtifactInfo[] {
    const entries = [...(this.#plugins.get(parsePluginId(pluginId))?.values() ?? [])];
    return entries.map((entry) => entry.info).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Takes a body in. Throws `ERR_IO_FAILED` with `errno: 'ENOSPC'` where it does not fit. */
  async take(body: ArtifactBody, options: ArtifactPutOptions): Promise<Draft> {
    const chunks = new ChunkList();
    let held = 0;
    const giveBack = (): void => {
      this.#bytes -= held;
      held = 0;
    };
    try {
      const sum = await drainBody(body, options, async (chunk) => {
        if (this.#bytes + chunk.byteLength > this.#options.maxBytes) throw this.#full('bytes');
        this.#bytes += chunk.byteLength;
        held += chunk.byteLength;
        chunks.add(chunk);
      });
      return { chunks: chunks.blocks(), sum, [Symbol.dispose]: giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Gives a draft its name. Throws `ERR_ARTIFACT_CONFLICT` beside a name that some file system takes for the same. */
  add(key: ArtifactKey, draft: Draft, options: ArtifactPutOptions): ArtifactInfo {
    const { pluginId, path } = key;
    const entries = this.#plugins.get(pluginId) ?? new Map<string, Entry>();
    const folded = foldPath(path);
    const uri = artifactUri(key);
    assertFree(uri, path, entries);
    const replaced = entries.get(folded);
    if (replaced === undefined) this.note();
    const { contentType, version, schemaVersion, expiresAt } = options;
    const known = { contentType, version, schemaVersion, createdAt: this.#options.now(), expiresAt };
    const etag = randomBytes(16).toString('hex');
    const info = Object.freeze({
      uri,
      pluginId,
      path,
      ...draft.sum,
      etag,
      ...known,
      location: this.#options.locationOf(uri),
    });
    // The draft gives back what it held, and the table holds it from now on.
    draft[Symbol.dispose]();
    this.#bytes += draft.sum.bytes - (replaced?.info.bytes ?? 0);
    entries.set(folded, { info, chunks: draft.chunks });
    this.#plugins.set(pluginId, entries);
    return info;
  }

  remove(entry: Entry): void {
    const { pluginId, path, bytes } = entry.info;
    const entries = this.#plugins.get(pluginId);
    if (entries?.get(foldPath(path)) !== entry) return;
    entries.delete(foldPath(path));
    this.#bytes -= bytes;
    this.#count -= 1;
  }

  /** Counts one more thing that is remembered. */
  note(): void {
    if (this.#count >= this.#options.maxArtifacts) throw this.#full('artifacts');
    this.#count += 1;
  }

  #full(what: 'bytes' | 'artifacts'): PluginError {
    const limit = what === 'bytes' ? this.#options.maxBytes : this.#options.maxArtifacts;
    return createError('ERR_IO_FAILED', `the memory store holds no more than ${limit} ${what}`, {
      details: { errno: 'ENOSPC', limit },
      hint: `delete artifacts, raise ${what === 'bytes' ? 'maxBytes' : 'maxArtifacts'}, or use the file store`,
    });
  }
}

/** Reads an entry from its beginning. */
export async function* readEntry(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  for (const chunk of entry.chunks) {
    throwIfAborted(signal);
    hash.update(chunk);
    // A copy, so that a reader cannot change what is stored.
    yield Buffer.from(chunk);
  }
  if (hash.digest('hex') !== entry.info.sha256) throw corrupt(entry.info.uri, 'its bytes changed since it was written');
}

function assertFree(uri: string, path: string, entries: ReadonlyMap<string, Entry>): void {
  const same = entries.get(foldPath(path));
  if (same !== undefined && same.info.path !== path) {
    throw conflict(uri, `"${same.info.path}" differs by case or spelling alone`, 'same-spelling');
  }
  if (same !== undefined) return;
  for (const { info } of entries.values()) {
    if (info.path.startsWith(`${path}/`)) throw conflict(uri, 'a folder has this name', 'rename');
    if (path.startsWith(`${info.path}/`)) throw conflict(uri, 'an artifact has the name of a folder of it', 'rename');
  }
}
