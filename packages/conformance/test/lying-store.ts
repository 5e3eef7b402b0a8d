import { createHash, randomUUID } from 'node:crypto';
import { createAbortError, createError, isPluginError } from '@kb-labs/contracts';
import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  Clock,
  StoredArtifact,
} from '@kb-labs/contracts';

/** What a store says that it does and does not do. */
export type Lie =
  | 'etags'
  | 'conditions'
  | 'races'
  | 'deletions'
  | 'copies'
  | 'replacement'
  | 'paths'
  | 'maxBytes'
  | 'metadata'
  | 'text';

interface Entry {
  readonly info: ArtifactInfo;
  readonly bytes: Buffer;
}

const WRONG_PATH = /^$|^\/|\/$|\/\/|\\|:|(?:^|\/)\.\.?(?:\/|$)|\p{Cc}|\p{Cs}|\.$|^con$|.{256}/u;
const PLUGIN = /^(?!(?:con|self)$)(?:@[a-z]+\/)?[a-z][a-z-]*$/;

/** The smallest store that does its duties, but for those that it lies about. */
export class LyingStore implements ArtifactStore {
  readonly #lies: readonly Lie[];
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, lies: readonly Lie[]) {
    this.#clock = clock;
    this.#lies = lies;
  }

  async put(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: ArtifactPutOptions,
  ): Promise<ArtifactInfo> {
    const name = this.#nameOf(key);
    checkOptions(options);
    if (this.#lies.includes('races')) this.#assertCondition(name, options);
    const bytes = await this.#take(body, options);
    if (!this.#lies.includes('races')) this.#assertCondition(name, options);
    const { contentType, version, schemaVersion, expiresAt } = options;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const old = this.#lies.includes('metadata') ? this.#entries.get(name)?.info : undefined;
    const info: ArtifactInfo = {
      uri: `artifact://${key.pluginId}/${key.path.split('/').map(encodeURIComponent).join('/')}`,
      pluginId: key.pluginId,
      path: key.path,
      bytes: bytes.byteLength,
      sha256,
      etag: this.#lies.includes('etags') ? sha256 : randomUUID(),
      contentType,
      version: version ?? old?.version,
      schemaVersion,
      createdAt: this.#clock.now(),
      expiresAt,
      location: 'nowhere',
    };
    this.#entries.set(name, { info, bytes });
    return info;
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const entry = this.#entries.get(this.#nameOf(key));
    assertGoing(signal);
    return entry === undefined ? undefined : { info: entry.info, body: this.#read(entry, signal) };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    return this.#entries.get(this.#nameOf(key))?.info;
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    if (!PLUGIN.test(pluginId)) throw createError('ERR_INVALID_ARGUMENT', 'no plugin');
    const infos = [...this.#entries.values()].map(({ info }) => info).filter((info) => info.pluginId === pluginId);
    yield* infos.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(key: ArtifactKey, { ifMatch }: ArtifactDeleteOptions = {}): Promise<boolean> {
    if (ifMatch === '') throw createError('ERR_INVALID_ARGUMENT', 'no etag');
    const name = this.#nameOf(key);
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    if (!this.#lies.includes('conditions') && ifMatch !== undefined && ifMatch !== entry.info.etag) throw conflict();
    // Between the look and the deed, somebody else may write.
    if (this.#lies.includes('deletions')) await new Promise((resolve) => setImmediate(resolve));
    return this.#entries.delete(name);
  }

  async *#read(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    assertGoing(signal);
    const current = this.#entries.get(this.#nameOf(entry.info));
    if (current !== entry && !this.#lies.includes('replacement')) throw conflict();
    yield this.#lies.includes('copies') ? entry.bytes : Buffer.from(entry.bytes);
  }

  #nameOf({ pluginId, path }: ArtifactKey): string {
    if (!PLUGIN.test(pluginId)) throw createError('ERR_INVALID_ARGUMENT', 'no plugin');
    if (WRONG_PATH.test(path) && !this.#lies.includes('paths'))
      throw createError('ERR_ARTIFACT_PATH_INVALID', 'no path');
    return `${pluginId}:${path}`;
  }

  #assertCondition(name: string, { ifMatch, ifNoneMatch }: ArtifactPutOptions): void {
    const found = this.#entries.get(name)?.info;
    const current = found?.expiresAt !== undefined && found.expiresAt <= this.#clock.now() ? undefined : found;
    if (this.#lies.includes('conditions')) return;
    if (ifNoneMatch !== undefined && current !== undefined) throw conflict();
    if (ifMatch !== undefined && current?.etag !== ifMatch) throw conflict();
  }

  async #take(body: Uint8Array | AsyncIterable<Uint8Array>, options: ArtifactPutOptions): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of pieces(body, options.signal)) {
      bytes += chunk.byteLength;
      if (bytes > options.maxBytes && !this.#lies.includes('maxBytes'))
        throw createError('ERR_ARTIFACT_TOO_LARGE', 'too large');
      if (bytes > 20_000_000) throw new Error('it would never end');
      chunks.push(this.#lies.includes('text') ? Buffer.from(Buffer.from(chunk).toString()) : Buffer.from(chunk));
    }
    return Buffer.concat(chunks);
  }
}

async function* pieces(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  assertGoing(signal);
  if (body instanceof Uint8Array) return yield body;
  if (typeof body !== 'object') throw createError('ERR_INVALID_ARGUMENT', 'no bytes');
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  const iterator = body[Symbol.asyncIterator]();
  for (;;) {
    const step = await Promise.race([iterator.next(), aborted]).catch((error: unknown) => {
      throw isPluginError(error) ? error : createError('ERR_IO_FAILED', 'the stream failed');
    });
    if (step.done === true) return;
    if (!(step.value instanceof Uint8Array)) throw createError('ERR_INVALID_ARGUMENT', 'no bytes');
    yield step.value;
  }
}

function checkOptions({ contentType, maxBytes, expiresAt, ...options }: ArtifactPutOptions): void {
  const { ifMatch, ifNoneMatch, version = 'x', schemaVersion = 'x' } = options;
  const condition =
    ifMatch === undefined ? ifNoneMatch === undefined || ifNoneMatch === '*' : ifNoneMatch === undefined;
  const etag = ifMatch === undefined || (typeof ifMatch === 'string' && ifMatch !== '');
  const time = expiresAt === undefined || (Number.isSafeInteger(expiresAt) && expiresAt >= 0);
  const versions = [version, schemaVersion].every((text) => /^[!-~]{1,256}$/.test(text));
  if (condition && etag && time && versions && maxBytes >= 0 && /^\w+\/[\w-]+(?:;[ -~]*)?$/.test(contentType)) return;
  throw createError('ERR_INVALID_ARGUMENT', 'malformed options');
}

function assertGoing(signal: AbortSignal): void {
  if (signal.aborted) throw createAbortError('given up', signal);
}

function conflict(): Error {
  return createError('ERR_ARTIFACT_CONFLICT', 'it is another one');
}
