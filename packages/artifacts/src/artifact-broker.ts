import type {
  ArtifactAccess,
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactQuery,
  ArtifactReadOptions,
  ArtifactStore,
  ArtifactWaitOptions,
  ArtifactWriteOptions,
  Clock,
  StoredArtifact,
} from '@kb-labs/contracts';
import { parseArtifactAddress, parseOwner } from './artifact-address.js';
import { ArtifactGate } from './artifact-gate.js';
import { parseQuery } from './artifact-query.js';
import { compileArtifactRules } from './artifact-rules.js';
import { assertSemver, isNewEnough } from './artifact-version.js';
import type { ArtifactBody } from './body.js';
import { assertKnownOptions, parseBrokerOptions, parseTimeout, READ_OPTIONS } from './broker-options.js';
import type { ArtifactBrokerOptions, ResolvedWriteOptions } from './broker-options.js';
import { isExpired } from './condition.js';
import { assertForm, decodeData, joinChunks } from './decode-data.js';
import type { DataForm } from './decode-data.js';
import { encodeData } from './encode-data.js';
import { GatedStore } from './gated-store.js';
import { assertDeleteOptions } from './put-options.js';
import { tooLargeToRead } from './store-errors.js';
import { throwIfAborted } from './until-aborted.js';
import { waitForChange } from './wait-for-change.js';

const DEFAULT_WAIT_MS = 30_000;

/** How an artifact is to be read at once. */
export type ArtifactDataOptions<Form extends DataForm | undefined> = ArtifactReadOptions & { readonly as?: Form };

/**
 * Artifacts for one plugin: asks its rules **before** it looks whether there is anything, takes what has expired for absent, and gives back
 * exactly what was written. Throws `ERR_CONFIG_INVALID` for rules that are none, `ERR_PERMISSION_DENIED` for what they do not allow.
 */
export class ArtifactBroker implements ArtifactAccess {
  readonly pluginId: string;
  readonly clock: Clock;
  readonly #store: ArtifactStore;
  readonly #gate: ArtifactGate;
  readonly #gated: GatedStore;
  readonly #maxBytes: number;

  constructor(options: ArtifactBrokerOptions) {
    const { store, pluginId, clock, maxBytes } = parseBrokerOptions(options);
    this.pluginId = pluginId;
    this.clock = clock;
    this.#store = store;
    this.#gate = new ArtifactGate(pluginId, compileArtifactRules(options.rules));
    this.#gated = new GatedStore({ store, gate: this.#gate, clock });
    this.#maxBytes = maxBytes;
  }

  /**
   * All of an artifact: bytes, or with `as` its text or what its JSON says. Throws `ERR_ARTIFACT_NOT_FOUND`, `_EXPIRED`, `_CORRUPT`, `_TOO_LARGE`
   * beyond `maxBytes`, and `ERR_INVALID_ARGUMENT` for what is no text or JSON.
   */
  read(uri: string, options?: ArtifactDataOptions<undefined>): Promise<Uint8Array>;
  read(uri: string, options: ArtifactDataOptions<'text'>): Promise<string>;
  read(uri: string, options: ArtifactDataOptions<'json'>): Promise<unknown>;
  async read(uri: string, { as, ...options }: ArtifactDataOptions<DataForm | undefined> = {}): Promise<unknown> {
    assertForm(as);
    const { info, body } = await this.readStream(uri, options);
    if (info.bytes > this.#maxBytes) throw tooLargeToRead(info.uri, this.#maxBytes);
    return decodeData(await joinChunks(body, info), as, info.uri);
  }

  /** An artifact piece by piece; see `StoredArtifact` for what its body throws. What has expired is removed on the way. */
  async readStream(uri: string, options: ArtifactReadOptions = {}): Promise<StoredArtifact> {
    assertKnownOptions(options, READ_OPTIONS);
    assertSemver('minVersion', options.minVersion);
    const key = this.#address(uri);
    this.#gate.assert('read', key);
    return this.#gated.open(key, options);
  }

  /** Strings as UTF-8, bytes as they are, all else as JSON; what would not come back exactly is `ERR_INVALID_ARGUMENT`. */
  async write(uri: string, data: unknown, options: ArtifactWriteOptions = {}): Promise<ArtifactInfo> {
    const key = this.#address(uri);
    this.#gate.assert('write', key);
    const { body, contentType } = encodeData(data, { maxBytes: this.#limit(options) });
    return this.#put(key, body, { ...options, contentType: options.contentType ?? contentType });
  }

  /** Nothing is seen of it before the stream has ended. Takes no more from it than is being written. */
  async writeStream(uri: string, body: ArtifactBody, options: ArtifactWriteOptions = {}): Promise<ArtifactInfo> {
    const key = this.#address(uri);
    this.#gate.assert('write', key);
    return this.#put(key, body, { ...options, contentType: options.contentType ?? 'application/octet-stream' });
  }

  /** In the order of paths. Artifacts that may not be read are left out. */
  async list(query: ArtifactQuery = {}): Promise<readonly ArtifactInfo[]> {
    const { matches, limit } = parseQuery(query, this.clock.now());
    const owner = parseOwner(query.from, this.pluginId);
    this.#gate.assertOwner(owner, query.glob);
    const found: ArtifactInfo[] = [];
    if (limit === 0) return found;
    for await (const info of this.#store.list(owner)) {
      if (query.signal !== undefined) throwIfAborted(query.signal);
      if (!matches(info) || !this.#gate.mayList(info, info.contentType)) continue;
      found.push(info);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** `undefined` where there is none that is new enough, or it has expired. */
  async stat(uri: string, options: ArtifactReadOptions = {}): Promise<ArtifactInfo | undefined> {
    assertKnownOptions(options, READ_OPTIONS);
    assertSemver('minVersion', options.minVersion);
    const key = this.#address(uri);
    this.#gate.assert('stat', key);
    if (options.signal !== undefined) throwIfAborted(options.signal);
    return this.#gated.look('stat', key, options.minVersion);
  }

  /** False where there was none, or it had expired. Without `ifMatch` it deletes whatever stands there, also what is damaged. */
  async delete(uri: string, options: ArtifactDeleteOptions = {}): Promise<boolean> {
    assertKnownOptions(options, ['ifMatch']);
    assertDeleteOptions(options);
    const key = this.#address(uri);
    this.#gate.assert('delete', key);
    return this.#gated.delete(key, options);
  }

  /** Resolves as soon as there is one that is new enough; at once where there is one already. Throws `ERR_TIMEOUT` (with the `version` that is there instead), `ERR_ABORTED`. */
  async wait(uri: string, options: ArtifactWaitOptions = {}): Promise<ArtifactInfo> {
    assertKnownOptions(options, [...READ_OPTIONS, 'timeoutMs']);
    assertSemver('minVersion', options.minVersion);
    const timeoutMs = parseTimeout(options.timeoutMs ?? DEFAULT_WAIT_MS);
    const key = this.#address(uri);
    this.#gate.assert('wait', key);
    const { minVersion, signal } = options;
    let seen: ArtifactInfo | undefined;
    const versions = (): { minVersion: string; version: string | undefined } | undefined =>
      seen === undefined || minVersion === undefined ? undefined : { minVersion, version: seen.version };
    return waitForChange({ store: this.#store, key, timeoutMs, signal, versions }, async () => {
      seen = await this.#gated.look('wait', key);
      return seen !== undefined && isNewEnough(seen, minVersion) ? seen : undefined;
    });
  }

  /** Streams one into another. Type and versions go with it where the options say nothing else; the time at which it expires does not. */
  async copy(from: string, to: string, options: ArtifactWriteOptions = {}): Promise<ArtifactInfo> {
    const [source, target] = [this.#address(from), this.#address(to)];
    this.#gate.assert('read', source);
    this.#gate.assert('write', target);
    const { info, body } = await this.#gated.open(source, options);
    const version = options.version ?? info.version;
    const schemaVersion = options.schemaVersion ?? info.schemaVersion;
    return this.#put(target, body, {
      ...options,
      contentType: options.contentType ?? info.contentType,
      ...(version === undefined ? {} : { version }),
      ...(schemaVersion === undefined ? {} : { schemaVersion }),
    });
  }

  /** Removes what has expired and tells how much that was. Of other plugins only for the host. */
  async removeExpired(owner?: string): Promise<number> {
    const pluginId = parseOwner(owner, this.pluginId);
    this.#gate.assertOwn('delete', pluginId);
    const now = this.clock.now();
    let removed = 0;
    for await (const info of this.#store.list(pluginId)) {
      if (isExpired(info, now) && (await this.#gated.remove(info))) removed += 1;
    }
    return removed;
  }

  #address(uri: string): ArtifactKey {
    return parseArtifactAddress(uri, this.pluginId);
  }

  #put(key: ArtifactKey, body: ArtifactBody, options: ResolvedWriteOptions): Promise<ArtifactInfo> {
    return this.#gated.put(key, body, { ...options, maxBytes: this.#limit(options) });
  }

  #limit({ maxBytes }: ArtifactWriteOptions): number {
    return maxBytes === undefined ? this.#maxBytes : Math.min(maxBytes, this.#maxBytes);
  }
}
