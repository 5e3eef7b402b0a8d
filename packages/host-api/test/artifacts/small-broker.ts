import { createError } from '@kb-labs/contracts';
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
  StoredArtifact,
  WatchableArtifactStore,
} from '@kb-labs/contracts';
import { parseArtifactPath, parseArtifactUri } from '@kb-labs/artifacts';

/** Beginnings of `<pluginId>/<path>` that may be read, and written. */
export interface SmallRules {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Access to a real store by the simplest rules that tell one right from another. */
export function createSmallBroker(store: WatchableArtifactStore, rules: SmallRules): ArtifactAccess {
  return new SmallBroker(store, rules);
}

const SELF = '@acme/report';

class SmallBroker implements ArtifactAccess {
  readonly #store: ArtifactStore & WatchableArtifactStore;
  readonly #rules: SmallRules;

  constructor(store: WatchableArtifactStore, rules: SmallRules) {
    this.#store = store;
    this.#rules = rules;
  }

  async readStream(uri: string, { signal }: ArtifactReadOptions = {}): Promise<StoredArtifact> {
    const stored = await this.#store.get(this.#admit(uri, 'read'), signal ?? new AbortController().signal);
    if (stored === undefined) throw createError('ERR_ARTIFACT_NOT_FOUND', 'there is no such artifact');
    return stored;
  }

  async writeStream(
    uri: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: ArtifactWriteOptions = {},
  ): Promise<ArtifactInfo> {
    const { signal, ttlMs, contentType = 'application/octet-stream', maxBytes = 1_048_576, ...rest } = options;
    return this.#store.put(this.#admit(uri, 'write'), body, {
      ...rest,
      contentType,
      maxBytes,
      ...(ttlMs === undefined ? {} : { expiresAt: Date.now() + ttlMs }),
      signal: signal ?? new AbortController().signal,
    });
  }

  async list({ from = 'self' }: ArtifactQuery = {}): Promise<readonly ArtifactInfo[]> {
    const infos: ArtifactInfo[] = [];
    for await (const info of this.#store.list(from === 'self' ? SELF : from)) {
      if (this.#permits(info, 'read')) infos.push(info);
    }
    return infos;
  }

  async stat(uri: string): Promise<ArtifactInfo | undefined> {
    return this.#store.stat(this.#admit(uri, 'read'));
  }

  async delete(uri: string, options?: ArtifactDeleteOptions): Promise<boolean> {
    return this.#store.delete(this.#admit(uri, 'write'), options);
  }

  async wait(uri: string, { signal, timeoutMs = 30_000 }: ArtifactWaitOptions = {}): Promise<ArtifactInfo> {
    const key = this.#admit(uri, 'read');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    using _ = this.#store.watch(key, resolve);
    const timer = setTimeout(() => reject(createError('ERR_TIMEOUT', 'it has not come')), timeoutMs);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    try {
      for (;;) {
        const info = await this.#store.stat(key);
        if (info !== undefined) return info;
        await promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async copy(from: string, to: string, options?: ArtifactWriteOptions): Promise<ArtifactInfo> {
    this.#admit(to, 'write');
    const { body } = await this.readStream(from);
    return this.writeStream(to, body, options);
  }

  #admit(uri: string, right: 'read' | 'write'): ArtifactKey {
    const key = uri.startsWith('artifact://self/')
      ? { pluginId: SELF, path: parseArtifactPath(uri.slice('artifact://self/'.length)) }
      : uri.startsWith('artifact:')
        ? parseArtifactUri(uri)
        : { pluginId: SELF, path: parseArtifactPath(uri) };
    if (this.#permits(key, right)) return key;
    throw createError('ERR_PERMISSION_DENIED', `${right} access to ${uri} is denied`, {
      details: { kind: 'artifact', operation: right, target: uri, reason: 'not-requested' },
    });
  }

  #permits({ pluginId, path }: ArtifactKey, right: 'read' | 'write'): boolean {
    return this.#rules[right].some((start) => `${pluginId}/${path}`.startsWith(start));
  }
}
