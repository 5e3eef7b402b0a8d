import { randomUUID } from 'node:crypto';
import { assertDeleteOptions, assertPutOptions, parsePluginId, throwIfAborted } from '@kb-labs/artifacts/store';
import type { ArtifactBody } from '@kb-labs/artifacts/store';
import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  StoredArtifact,
} from '@kb-labs/contracts';
import { ArtifactReader } from './artifact-reader.js';
import { artifactAt } from './head-record.js';
import type { ArtifactRecord, Head } from './head-record.js';
import { conditionalHeadWriter, soleHeadWriter } from './head-writer.js';
import type { HeadWriter } from './head-writer.js';
import { sweep } from './leftovers.js';
import { markedWork } from './marked-work.js';
import type { Remains } from './marked-work.js';
import { objectKeys, placeOf } from './object-keys.js';
import type { ArtifactPlace, ObjectKeys } from './object-keys.js';
import { probeConditions } from './probe-conditions.js';
import { removeHead, replaceHead } from './change-head.js';
import { assertReplaceable } from './replaceable.js';
import { isUncertain, toStoreError } from './s3-errors.js';
import { S3Objects } from './s3-objects.js';
import { parseStoreOptions } from './store-options.js';
import type { S3ArtifactStoreOptions, S3StoreSettings } from './store-options.js';
import { uploadVersion } from './new-version.js';

/**
 * A store in a bucket of anything that speaks S3. The bytes of a version lie under a key of their own, and one small head says which
 * version stands, so that neither a crash nor another writer ever shows half of one. Throws `ERR_CONFIG_INVALID`.
 */
export function createS3ArtifactStore(options: S3ArtifactStoreOptions): ArtifactStore {
  return new S3ArtifactStore(parseStoreOptions(options));
}

class S3ArtifactStore implements ArtifactStore {
  readonly #settings: S3StoreSettings;
  readonly #objects: S3Objects;
  readonly #keys: ObjectKeys;
  readonly #reader: ArtifactReader;
  #prepared: Promise<HeadWriter> | undefined;

  constructor(settings: S3StoreSettings) {
    this.#settings = settings;
    this.#objects = new S3Objects(settings.client, settings.bucket);
    this.#keys = objectKeys(settings.prefix);
    this.#reader = new ArtifactReader(settings, this.#objects, this.#keys);
  }

  async put(key: ArtifactKey, body: ArtifactBody, options: ArtifactPutOptions): Promise<ArtifactInfo> {
    const place = placeOf(key);
    assertPutOptions(options);
    throwIfAborted(options.signal);
    return guard(place.uri, options.signal, async () => {
      const heads = await this.#prepare();
      const head = await this.#reader.readHead(place);
      // Again under the server's own condition; but nobody uploads gigabytes to hear that the name is taken.
      assertReplaceable(place, head, { now: this.#settings.clock.now(), options });
      return markedWork(this.#objects, { keys: this.#keys, place }, async (remains) => {
        const version = { place, keys: this.#keys, objects: this.#objects, settings: this.#settings, options, remains };
        const record = await uploadVersion(version, body);
        return this.#publish(place, record, { heads, head, options, remains });
      });
    });
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const place = placeOf(key);
    throwIfAborted(signal);
    const record = await guard(place.uri, signal, () => this.#reader.find(place, signal));
    if (record === undefined) return undefined;
    return {
      info: this.#reader.infoOf(place, record),
      body: { [Symbol.asyncIterator]: () => this.#reader.read(place, record, signal) },
    };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    const place = placeOf(key);
    const record = await guard(place.uri, undefined, () => this.#reader.find(place));
    return record === undefined ? undefined : this.#reader.infoOf(place, record);
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    parsePluginId(pluginId);
    // The server knows hashes alone, so the order of paths is made here: half a kilobyte of memory for each artifact.
    const infos = await guard(`artifact://${pluginId}/`, undefined, () => this.#reader.list(pluginId));
    yield* infos.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(key: ArtifactKey, options: ArtifactDeleteOptions = {}): Promise<boolean> {
    const place = placeOf(key);
    assertDeleteOptions(options);
    return guard(place.uri, undefined, async () => {
      const heads = await this.#prepare();
      if (!isThere(place, await this.#reader.readHead(place))) return false;
      return markedWork(this.#objects, { keys: this.#keys, place }, (remains) =>
        removeHead(place, options, {
          heads,
          key: this.#keys.head(place.slot),
          read: async () => {
            const head = await this.#reader.readHead(place);
            return isThere(place, head) ? head : undefined;
          },
          onRemoved: (record) => {
            if (record === undefined) remains.isUnknown = true;
            else remains.data.add(this.#keys.data(place.slot, record.id));
          },
        }),
      );
    });
  }

  async #publish(
    place: ArtifactPlace,
    record: ArtifactRecord,
    state: {
      readonly heads: HeadWriter;
      readonly head: Head | undefined;
      readonly options: ArtifactPutOptions;
      readonly remains: Remains;
    },
  ): Promise<ArtifactInfo> {
    const { heads, head, options, remains } = state;
    const data = this.#keys.data(place.slot, record.id);
    try {
      const replaced = await replaceHead(place, record, {
        heads,
        key: this.#keys.head(place.slot),
        head,
        read: () => this.#reader.readHead(place),
        check: (found) => assertReplaceable(place, found, { now: this.#settings.clock.now(), options }),
      });
      if (replaced?.record?.kind === 'artifact') remains.data.add(this.#keys.data(place.slot, replaced.record.id));
      else if (replaced !== undefined && replaced.record === undefined) remains.isUnknown = true;
      remains.data.delete(data);
    } catch (error) {
      // The head may mean this data yet.
      if (isUncertain(error)) remains.data.delete(data);
      throw error;
    }
    return this.#reader.infoOf(place, record);
  }

  /** Once, before the first change: asks whether the server keeps conditions, and sweeps what dead writers left. */
  #prepare(): Promise<HeadWriter> {
    this.#prepared ??= this.#makeReady().catch((error: unknown) => {
      // The next call tries again.
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #makeReady(): Promise<HeadWriter> {
    const { writers, clock, leftoverAfterMs } = this.#settings;
    const objects = this.#objects;
    const heads =
      writers === 'one'
        ? soleHeadWriter(objects, this.#reader.turns)
        : conditionalHeadWriter(objects, await probeConditions(objects, this.#keys.probe(randomUUID())));
    await sweep({ objects, keys: this.#keys, before: clock.now() - leftoverAfterMs });
    return heads;
  }
}

/** Also an artifact whose record cannot be read is there, and can be deleted. */
function isThere(place: ArtifactPlace, head: Head | undefined): boolean {
  return head !== undefined && (head.record === undefined || artifactAt(place, head) !== undefined);
}

async function guard<T>(uri: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error, uri, signal);
  }
}
