import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, rm, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type {
  ArtifactInfo,
  ArtifactKey,
  ArtifactPutOptions,
  ArtifactStore,
  Clock,
  StoredArtifact,
} from '@kb-labs/contracts';
import { parseArtifactKey, parsePluginId } from './artifact-path.js';
import { artifactUri } from './artifact-uri.js';
import { drainBody, throwIfAborted } from './body.js';
import type { ArtifactBody, BodySum } from './body.js';
import { readChunks, identityOf, keyHashOf, openCurrent, placeOf } from './current-version.js';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { findTwin, sweepKey, sweepStore } from './leftovers.js';
import { pruneFolders, publish } from './publish.js';
import { assertPutOptions } from './put-options.js';
import { conflict, corrupt, errnoOf, linkInTheWay, toStoreError } from './store-errors.js';
import { assertStoreOptions, wrongOption } from './store-options.js';
import { newTicket, temporaryName } from './ticket.js';
import type { Ticket } from './ticket.js';
import { addVersion, createExclusively, openTemporary } from './version-index.js';
import type { Version } from './version.js';
import { walkFiles } from './walk-files.js';

/** Where a file store lies. An unknown option is `ERR_CONFIG_INVALID`. */
export interface FileArtifactStoreOptions {
  /** Made on the first write, 0700. Belongs to the store alone. */
  readonly directory: string;
  /** For `createdAt` alone. Default: that of the process. */
  readonly clock?: Clock;
}

/**
 * A store of plain files: `<directory>/<pluginId>/<path>`, each published with its metadata by one rename, so that neither a crash nor
 * another process ever shows half of one. Several processes may share a directory. Below it no link is followed.
 */
export function createFileArtifactStore(options: FileArtifactStoreOptions): ArtifactStore {
  return new FileArtifactStore(options);
}

class FileArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #now: () => number;
  #swept: Promise<void> | undefined;

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
      return this.#marked(checked, async (temporary, ticket) => {
        const data = temporary.at(temporaryName(ticket, 'data'));
        try {
          const written = await writeData(data, body, options);
          const { contentType, ifExists } = options;
          const version = { ...checked, ...written, id: ticket.id, contentType, createdAt: this.#now() };
          await addVersion(this.#root, temporary, { ticket, version });
          await this.#assertNoTwin(checked, ticket);
          await publish({ root: this.#root, key: checked, source: data, ifExists });
          return this.#infoOf(version);
        } finally {
          await rm(data, { force: true });
          await rm(temporary.at(temporaryName(ticket, 'json')), { force: true });
        }
      });
    });
  }

  async get(key: ArtifactKey, signal: AbortSignal): Promise<StoredArtifact | undefined> {
    const info = await this.stat(key);
    throwIfAborted(signal);
    return info === undefined ? undefined : { info, body: { [Symbol.asyncIterator]: () => this.#read(info, signal) } };
  }

  async stat(key: ArtifactKey): Promise<ArtifactInfo | undefined> {
    const checked = parseArtifactKey(key);
    return this.#guard(checked, async () => {
      await this.#sweepOnce();
      await using current = await openCurrent(this.#root, checked);
      return current === undefined ? undefined : this.#infoOf(current.version);
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

  async delete(key: ArtifactKey): Promise<boolean> {
    const checked = parseArtifactKey(key);
    return this.#guard(checked, async () => {
      await this.#sweepOnce();
      if (!(await isThere(this.#root, checked))) return false;
      return this.#marked(checked, async () => {
        const deleted = await unlinkData(this.#root, checked);
        if (deleted) await pruneFolders(this.#root, checked);
        return deleted;
      });
    });
  }

  /** Works under a mark that is removed last: where it stays, the next start sweeps this key. */
  async #marked<T>(key: ArtifactKey, work: (temporary: Folder, ticket: Ticket) => Promise<T>): Promise<T> {
    const ticket = await newTicket(keyHashOf(key));
    await using temporary = await openTemporary(this.#root, true);
    if (temporary === undefined) throw new Error('the folder of temporary files was removed by somebody else');
    const mark = temporary.at(temporaryName(ticket, 'mark'));
    await (await createExclusively(mark)).close();
    try {
      return await work(temporary, ticket);
    } finally {
      await this.#cleanUp(mark, ticket);
    }
  }

  async #cleanUp(mark: string, ticket: Ticket): Promise<void> {
    try {
      await sweepKey(this.#root, ticket.keyHash);
      await rm(mark, { force: true });
    } catch {
      // What was published stays published. The mark is still there, and the next start sweeps.
    }
  }

  async #assertNoTwin(key: ArtifactKey, ticket: Ticket): Promise<void> {
    const twin = await findTwin(this.#root, ticket.keyHash, key);
    if (twin !== undefined)
      throw conflict(artifactUri(key), `"${twin}" differs by case or spelling alone`, 'same-spelling');
  }

  async *#read(info: ArtifactInfo, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      await using current = await openCurrent(this.#root, info);
      if (current?.version.sha256 !== info.sha256) {
        throw conflict(info.uri, 'it was replaced or deleted since it was looked up', 'look-up');
      }
      const hash = createHash('sha256');
      for await (const chunk of readChunks(current.file)) {
        throwIfAborted(signal);
        hash.update(chunk);
        yield chunk;
      }
      if (hash.digest('hex') !== info.sha256) throw corrupt(info.uri, 'its bytes are not those that were written');
    } catch (error) {
      throw toStoreError(error, info.uri);
    }
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

  #infoOf({ pluginId, path, bytes, sha256, contentType, createdAt }: Version): ArtifactInfo {
    const location = join(this.#root, pluginId, path);
    return Object.freeze({
      uri: artifactUri({ pluginId, path }),
      pluginId,
      path,
      bytes,
      sha256,
      contentType,
      createdAt,
      location,
    });
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

async function writeData(
  path: string,
  body: ArtifactBody,
  options: ArtifactPutOptions,
): Promise<BodySum & { readonly identity: string }> {
  await using file = await createExclusively(path);
  const sum = await drainBody(body, options, async (chunk) => file.writeFile(chunk));
  await file.sync();
  return { ...sum, identity: identityOf(await file.stat({ bigint: true })) };
}

/** A damaged artifact is there as well, and can be deleted. A link is refused. */
async function isThere(root: string, key: ArtifactKey): Promise<boolean> {
  const { segments, name } = placeOf(key);
  await using folder = await openFolder({ root, segments, create: false });
  const stats = folder === undefined ? undefined : await statIfThere(folder.at(name));
  if (stats?.isSymbolicLink() === true) throw linkInTheWay(name);
  return stats?.isFile() === true;
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function unlinkData(root: string, key: ArtifactKey): Promise<boolean> {
  const { segments, name } = placeOf(key);
  await using folder = await openFolder({ root, segments, create: false });
  if (folder === undefined) return false;
  try {
    await unlink(folder.at(name));
    await folder.sync();
    return true;
  } catch (error) {
    // Somebody else was first.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
