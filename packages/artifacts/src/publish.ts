import { link, rename, rmdir } from 'node:fs/promises';
import type { ArtifactKey } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { placeOf } from './current-version.js';
import { openFolder } from './folder.js';
import type { Folder } from './folder.js';
import { conflict, errnoOf } from './store-errors.js';

const MAX_ATTEMPTS = 16;

/** Finished data, and the name that it is to have. */
export interface Publication {
  readonly root: string | Folder;
  readonly key: ArtifactKey;
  /** The finished temporary file. */
  readonly source: string;
  /** Fails where anything has the name already. */
  readonly isNew: boolean;
  /** The folder of the name, where it was there a moment ago. Stays open. */
  readonly target: Folder | undefined;
}

/**
 * Gives finished data its name in one step that is seen wholly or not at all, and makes that step outlast a loss of power. Tells whether the source was
 * renamed: a link leaves it.
 */
export async function publish(publication: Publication): Promise<boolean> {
  const uri = artifactUri(publication.key);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await publishInto(attempt === 1 ? publication.target : undefined, publication);
      return !publication.isNew;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOTDIR') throw conflict(uri, 'an artifact has the name of a folder of it', 'rename');
      if (errno === 'EEXIST') throw conflict(uri, 'the name is taken', 'replace');
      if (errno === 'EISDIR' || errno === 'ENOTEMPTY') throw conflict(uri, 'a folder has this name', 'rename');
      // A deletion removed the empty folder under our hands.
      if (errno !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** In the folder that is open, or in one that is made where it is missing. */
async function publishInto(target: Folder | undefined, { root, key, source, isNew }: Publication): Promise<void> {
  const { segments, name } = placeOf(key);
  await using opened = target === undefined ? await openFolder({ root, segments, create: true }) : undefined;
  const folder = opened ?? target;
  // Removed again before it could be opened.
  if (folder === undefined) throw Object.assign(new Error('the folder is gone'), { code: 'ENOENT' });
  await (isNew ? link : rename)(source, folder.at(name));
  await folder.sync();
}

/** Removes the folders above a deleted artifact that hold nothing else. */
export async function pruneFolders(root: string, key: ArtifactKey): Promise<void> {
  const folders = placeOf(key).segments;
  for (let depth = folders.length - 1; depth >= 0; depth -= 1) {
    await using parent = await openFolder({ root, segments: folders.slice(0, depth), create: false });
    if (parent === undefined) return;
    try {
      await rmdir(parent.at(folders[depth] ?? ''));
    } catch {
      // It holds something else, so those above it do as well.
      return;
    }
  }
}
