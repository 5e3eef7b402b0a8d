import { constants, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from './store-errors.js';

/** Opens a new file, 0600, that only its owner sees. */
export function createExclusively(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
}

/** Makes an empty file of that kind. */
export async function createEmpty(path: string): Promise<void> {
  closeSoon(await createExclusively(path));
}

/** Closes a file that nobody waits for: nothing was written to it, or all of that is synced, so closing it can lose nothing. */
export function closeSoon(file: FileHandle): void {
  // What it may complain of has no meaning any more.
  file.close().catch(() => undefined);
}

/** Removes a file; one that is gone already is as good. */
export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
