import { resolve } from 'node:path';
import type {
  ArtifactDeleteOptions,
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  Clock,
  StoredArtifact,
  WatchableArtifactStore,
} from '@kb-labs/contracts';
import { parseArtifactKey, parsePluginId } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { throwIfAborted } from './until-aborted.js';
import type { ArtifactBody } from './body.js';
import { assertMayDelete } from './condition.js';
import { openCurrent } from './current-version.js';
import { isThere, readData, standingOf, unlinkData } from './data-file.js';
import { HeldOpen } from './held-open.js';
import { sweepStore } from './leftovers.js';
import { pruneFolders } from './publish.js';
import { openPutPlaces } from './put-places.js';
import { isSmall, putVersion } from './put-version.js';
import { assertDeleteOptions, assertPutOptions } from './put-options.js';
import { toStoreError } from './store-errors.js';
import { assertStoreOptions, wrongOption } from './store-options.js';
import { whoThisIs } from './ticket.js';
import { takeTurn } from './turn.js';
import { infoOf } from './version.js';
import { walkFiles } from './walk-files.js';
import { watchPath } from './watch-path.js';
import { underMark } from './work-in-progress.js';
import type { WorkInProgress, Workplace } from './work-in-progress.js';

/** Where a file store lies. An unknown option is `ERR_CONFIG_INVALID`. */
export interface FileArtifactStoreOptions {
  /** Made on the first write, 0700. Belongs to the store alone. */
  readonly directory: string;
  /** Tells when an artifact was written, and in conditions whether one has expired. Default: that of the process. */
  readonly clock?: Clock;
}

/**
 * A store of plain files: `<directory>/<pluginId>/<path>`, each published with its metadata by one rename, so that neither a crash nor
 * another process ever shows half of one. Several processes may share a directory. Below it no link is followed.
 */
export function createFileArtifactStore(options: FileArtifactStoreOptions): WatchableArtifactStore {
  return new FileArtifactStore(options);
}

class FileArtifactStore implements WatchableArtifactStore {
  readonly #root: string;
  readonly #now: () => number;
  #swept: Promise<void> | undefined;
  #owner: Promise<string> | undefined;

  constructor(options: FileArtifactStoreOptions) {
    assertStoreOptions(options, { name: 'createFileArtifactStore', options: ['directory', 'clock'] });
    const { directory, clock } = options;
    if (typeof directory !== 'string' || directory === '') {
      throw wrongOption('directory', 'the option "directory" of createFileArtifactStore is not a path');
    }
    this.#root = resolve(directory);
    this.#now = clock === undefined ? Date.now : () => clock.now();
  }

  async put(key: ArtifactKey, body: ArtifactBody, options: ArtifactPutOptions): Promise<ArtifactInfo> {
    const checked = parseArtifactKey(key);
    assertPutOptions(options);
    throwIfAborted(options.signal);
    return this.#guard(checked, async () => {
      await this.#sweepOnce();
      const draft = { root: this.#root, key: checked, body, options, now: this.#now };
      return underMark(this.#workplace(), checked, {
        open: (base, ticket) => openPutPlaces(checked, { base, ticket, isBrief: isSmall(body) }),
        work: (progress, places) => putVersion(draft, progress, places),
      });
    });
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const info = await this.stat(key);
    throwIfAborted(signal);
    if (info === undefined) return undefined;
    return { info, body: { [Symbol.asyncIterator]: () => readData(this.#root, info, signal) } };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    const checked = parseArtifactKey(key);
    return this.#guard(checked, async () => {
      await this.#sweepOnce();
      await using current = await openCurrent(this.#root, checked);
      return current === undefined ? undefined : infoOf(this.#root, current.version);
    });
  }

  async *list(pluginId: string): AsyncGenerator<ArtifactInfo, void, undefined> {
    const segments = parsePluginId(pluginId).split('/');
    await this.#sweepOnce();
    for await (const path of walkFiles(this.#root, segments)) {
      const info = await this.#listed({ pluginId, path });
      if (info !== undefined) yield info;
    }
  }

  async delete(key: ArtifactKey, options: ArtifactDeleteOptions = {}): Promise<boolean> {
    const checked = parseArtifactKey(key);
    assertDeleteOptions(options);
    return this.#guard(checked, async () => {
      await this.#sweepOnce();
      if (!(await isThere(this.#root, checked))) return false;
      return underMark(this.#workplace(), checked, {
        open: () => new HeldOpen(),
        work: (progress) => this.#deleteInTurn(checked, options, progress),
      });
    });
  }

  watch(key: ArtifactKey, onChange: () => void): Disposable {
    const { pluginId, path } = parseArtifactKey(key);
    return watchPath({ root: this.#root, segments: `${pluginId}/${path}`.split('/') }, onChange);
  }

  async #deleteInTurn(
    key: ArtifactKey,
    options: ArtifactDeleteOptions,
    { temporary, ticket, mark }: WorkInProgress,
  ): Promise<boolean> {
    await mark();
    const uri = artifactUri(key);
    await using _turn = await takeTurn(temporary, { ticket, uri, signal: undefined });
    if (options.ifMatch !== undefined) assertMayDelete(uri, options, await standingOf(this.#root, key));
    const deleted = await unlinkData(this.#root, key);
    if (deleted) await pruneFolders(this.#root, key);
    return deleted;
  }

  #workplace(): Workplace {
    this.#owner ??= whoThisIs();
    return { root: this.#root, owner: this.#owner };
  }

  async #listed(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    try {
      return await this.stat(key);
    } catch (error) {
      // A file that the store did not write is no artifact, and must not hide those that are.
      if (error instanceof Error && 'code' in error && SKIPPED.has(error.code)) return undefined;
      throw error;
    }
  }

  #sweepOnce(): Promise<void> {
    this.#swept ??= sweepStore(this.#root).catch((error: unknown) => {
      // The next call tries again.
      this.#swept = undefined;
      throw error;
    });
    return this.#swept;
  }

  async #guard<T>(key: ArtifactKey, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, artifactUri(key));
    }
  }
}

const SKIPPED: ReadonlySet<unknown> = new Set([
  'ERR_ARTIFACT_CORRUPT',
  'ERR_ARTIFACT_PATH_INVALID',
  'ERR_PERMISSION_DENIED',
]);
