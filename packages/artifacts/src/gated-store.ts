import { isPluginError } from '@kb-labs/contracts';
import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactReadOptions,
  ArtifactStore,
  Clock,
  StoredArtifact,
} from '@kb-labs/contracts';
import type { ArtifactGate, ArtifactOperation } from './artifact-gate.js';
import { artifactUri } from './artifact-uri.js';
import { isNewEnough } from './artifact-version.js';
import type { ArtifactBody } from './body.js';
import { parseWriteOptions } from './broker-options.js';
import type { ResolvedWriteOptions } from './broker-options.js';
import { isExpired } from './condition.js';
import { expired, notFound } from './store-errors.js';

const MAX_ATTEMPTS = 16;

/** A store behind a gate. */
export interface GatedStoreOptions {
  readonly store: ArtifactStore;
  readonly gate: ArtifactGate;
  readonly clock: Clock;
}

/**
 * What a broker does once its rules have let a key through: the content type, which only the artifact tells, is asked here, and what has
 * expired counts as absent.
 */
export class GatedStore {
  readonly #store: ArtifactStore;
  readonly #gate: ArtifactGate;
  readonly #clock: Clock;

  constructor({ store, gate, clock }: GatedStoreOptions) {
    this.#store = store;
    this.#gate = gate;
    this.#clock = clock;
  }

  /** Throws `ERR_ARTIFACT_NOT_FOUND`, and `_EXPIRED` for what it removes in passing. */
  async open(key: ArtifactKey, { minVersion, signal }: ArtifactReadOptions): Promise<StoredArtifact> {
    const stored = await this.#store.get(key, signal ?? new AbortController().signal);
    if (stored === undefined) throw notFound(artifactUri(key));
    const { info } = stored;
    this.#gate.assertType('read', key, info.contentType);
    if (isExpired(info, this.#clock.now())) {
      await this.remove(info);
      throw expired(info);
    }
    if (!isNewEnough(info, minVersion)) throw notFound(info.uri, { minVersion, version: info.version });
    return stored;
  }

  /** `undefined` where there is none that is new enough, or it has expired. */
  async look(operation: ArtifactOperation, key: ArtifactKey, minVersion?: string): Promise<ArtifactInfo | undefined> {
    const info = await this.#store.stat(key);
    if (info === undefined) return undefined;
    this.#gate.assertType(operation, key, info.contentType);
    return isExpired(info, this.#clock.now()) || !isNewEnough(info, minVersion) ? undefined : info;
  }

  /** Checks the options of a write, and writes. */
  async put(
    key: ArtifactKey,
    body: ArtifactBody,
    options: ResolvedWriteOptions & { readonly maxBytes: number },
  ): Promise<ArtifactInfo> {
    const expiresAt = parseWriteOptions(options, this.#clock.now());
    this.#gate.assertType('write', key, options.contentType);
    const { ttlMs: _ttlMs, signal = new AbortController().signal, ...kept } = options;
    return this.#store.put(key, body, { ...kept, ...(expiresAt === undefined ? {} : { expiresAt }), signal });
  }

  /** Deletes the version whose type was looked at, and no other. What is damaged has no type, and is deleted by whoever may delete any. */
  async delete(key: ArtifactKey, options: ArtifactDeleteOptions): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const info = await this.#store.stat(key).catch(orDamaged);
      if (info === undefined) return false;
      this.#gate.assertType('delete', key, info === 'damaged' ? '' : info.contentType);
      if (info === 'damaged') return this.#store.delete(key, options);
      if (isExpired(info, this.#clock.now())) {
        await this.remove(info);
        return false;
      }
      try {
        return await this.#store.delete(key, { ifMatch: options.ifMatch ?? info.etag });
      } catch (error) {
        // Somebody has just replaced it; without a condition of the caller's, that one is to go.
        if (options.ifMatch !== undefined || !isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Removes this version, and never a newer one. */
  async remove(info: ArtifactInfo): Promise<boolean> {
    try {
      return await this.#store.delete(info, { ifMatch: info.etag });
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return isPluginError(error) && error.code === 'ERR_ARTIFACT_CONFLICT';
}

function orDamaged(error: unknown): 'damaged' {
  if (isPluginError(error) && error.code === 'ERR_ARTIFACT_CORRUPT') return 'damaged';
  throw error;
}
