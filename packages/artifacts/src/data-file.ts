import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import type { ArtifactInfo, ArtifactKey } from '@kb-labs/contracts';
import { isPluginError } from '@kb-labs/contracts';
import { throwIfAborted } from './until-aborted.js';
import type { Standing } from './condition.js';
import { openCurrent, placeOf, readChunks } from './current-version.js';
import { openFolder } from './folder.js';
import { conflict, corrupt, errnoOf, linkInTheWay, toStoreError } from './store-errors.js';
import { etagOf } from './version.js';

/** Reads the version that was looked up, and no other. Holds no file open before it is asked for the first byte. */
export async function* readData(
  root: string,
  info: ArtifactInfo,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    await using current = await openCurrent(root, info);
    if (current === undefined || etagOf(current.version) !== info.etag) {
      throw conflict(info.uri, 'it was replaced or deleted since it was looked up', 'look-up-to-read');
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

/** What stands under the name of a key, for a condition to be held against. */
export async function standingOf(root: string, key: ArtifactKey): Promise<Standing> {
  try {
    await using current = await openCurrent(root, key);
    return current === undefined ? undefined : { etag: etagOf(current.version), expiresAt: current.version.expiresAt };
  } catch (error) {
    if (isPluginError(error)) return 'foreign';
    throw error;
  }
}

/** A damaged artifact is there as well, and can be deleted. A link is refused. */
export async function isThere(root: string, key: ArtifactKey): Promise<boolean> {
  const { segments, name } = placeOf(key);
  await using folder = await openFolder({ root, segments, create: false });
  const stats = folder === undefined ? undefined : await statIfThere(folder.at(name));
  if (stats?.isSymbolicLink() === true) throw linkInTheWay(name);
  return stats?.isFile() === true;
}

/** Removes the data of a key, for good. False where there was none. */
export async function unlinkData(root: string, key: ArtifactKey): Promise<boolean> {
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

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
