import { conflict, corrupt, throwIfAborted } from '@kb-labs/artifacts/store';
import type { ArtifactInfo } from '@kb-labs/contracts';
import { artifactAt, infoOf, parseRecord } from './head-record.js';
import type { ArtifactRecord, Head } from './head-record.js';
import { placeOf } from './object-keys.js';
import type { ArtifactPlace, ObjectKeys } from './object-keys.js';
import { isMissing, toStoreError } from './s3-errors.js';
import type { S3Objects } from './s3-objects.js';
import type { S3StoreSettings } from './store-options.js';
import { allAtOnce, oneAfterTheOther } from './turns.js';
import type { Turns } from './turns.js';
import { closeBody, verifiedBody } from './verified-body.js';

/** Heads that are read at the same time for a list. */
const READ_AT_ONCE = 16;

/** Reads artifacts, and changes nothing. */
export class ArtifactReader {
  /** When heads may be read and changed. */
  readonly turns: Turns;
  readonly #settings: S3StoreSettings;
  readonly #objects: S3Objects;
  readonly #keys: ObjectKeys;

  constructor(settings: S3StoreSettings, objects: S3Objects, keys: ObjectKeys) {
    this.#settings = settings;
    this.#objects = objects;
    this.#keys = keys;
    this.turns = settings.writers === 'one' ? oneAfterTheOther() : allAtOnce;
  }

  /** The bytes of a version, verified. Nothing is asked of the server before the first is wanted. */
  async *read(
    place: ArtifactPlace,
    record: ArtifactRecord,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      throwIfAborted(signal);
      const reply = await this.#openData(place, record, signal);
      yield* verifiedBody(reply, { uri: place.uri, record, signal });
    } catch (error) {
      throw toStoreError(error, place.uri, signal);
    }
  }

  /** The body of the server's reply, once it is sure that the version that was looked up still stands. */
  async #openData(place: ArtifactPlace, record: ArtifactRecord, signal: AbortSignal): Promise<unknown> {
    const { client, bucket: Bucket } = this.#settings;
    const isCurrent = async (): Promise<boolean> => (await this.readHead(place, signal))?.record?.id === record.id;
    const [reply, current] = await Promise.allSettled([
      client.getObject({ Bucket, Key: this.#keys.data(place.slot, record.id) }, { abortSignal: signal }),
      isCurrent(),
    ]);
    const isGone = reply.status === 'rejected' && isMissing(reply.reason);
    if (current.status === 'fulfilled' && current.value && reply.status === 'fulfilled') return reply.value.Body;
    if (reply.status === 'fulfilled') closeBody(reply.value.Body);
    if (current.status === 'rejected') throw current.reason;
    if (current.value && reply.status === 'rejected' && !isGone) throw reply.reason;
    if (isGone && (await isCurrent())) throw corrupt(place.uri, 'its bytes are gone');
    throw conflict(place.uri, 'it was replaced or deleted since it was looked up', 'look-up-to-read');
  }

  /** What stands there under this very path. Throws `ERR_ARTIFACT_CORRUPT` where its record cannot be read. */
  async find(place: ArtifactPlace, signal?: AbortSignal): Promise<ArtifactRecord | undefined> {
    const head = await this.readHead(place, signal);
    if (head !== undefined && head.record === undefined) throw corrupt(place.uri, 'its record cannot be read');
    return artifactAt(place, head);
  }

  async readHead(place: ArtifactPlace, signal?: AbortSignal): Promise<Head | undefined> {
    const key = this.#keys.head(place.slot);
    const found = await this.turns(key, () => this.#objects.read(key, signal));
    return found === undefined ? undefined : { etag: found.etag, record: parseRecord(found.text, place.pluginId) };
  }

  /** Every artifact of a plugin, in no order. */
  async list(pluginId: string): Promise<ArtifactInfo[]> {
    const infos: ArtifactInfo[] = [];
    let batch: Promise<ArtifactInfo | undefined>[] = [];
    const flush = async (): Promise<void> => {
      infos.push(...(await Promise.all(batch)).filter((info) => info !== undefined));
      batch = [];
    };
    for await (const { key } of this.#objects.list(this.#keys.head(`${pluginId}/`))) {
      batch.push(this.#infoAt(pluginId, key));
      if (batch.length === READ_AT_ONCE) await flush();
    }
    await flush();
    return infos;
  }

  /** `undefined` for what is no artifact, and for what the store did not put there: it must not hide those that are. */
  async #infoAt(pluginId: string, key: string): Promise<ArtifactInfo | undefined> {
    const found = await this.#objects.read(key);
    const record = found === undefined ? undefined : parseRecord(found.text, pluginId);
    if (record?.kind !== 'artifact') return undefined;
    const place = placeOf(record);
    return this.#keys.head(place.slot) === key ? this.infoOf(place, record) : undefined;
  }

  infoOf(place: ArtifactPlace, record: ArtifactRecord): ArtifactInfo {
    return infoOf(place.uri, record, `s3://${this.#settings.bucket}/${this.#keys.data(place.slot, record.id)}`);
  }
}
