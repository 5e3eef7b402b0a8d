import { randomBytes } from 'node:crypto';
import { throwIfStopped } from '../host-function.js';
import type { CallContext } from '../host-function.js';
import type { Place } from './file-tree.js';
import { createErrno } from './io-error.js';
import type { EntryStats, OpenDirectory, OpenFile } from './open-directory.js';
import { inspectReplaced } from './open-file.js';

const NEW_FILE_MODE = 0o644;

/** How a file is filled, and what must still hold when it is put in place. */
export interface Replacement {
  fill(file: OpenFile): Promise<void>;
  /** Is handed what stands under the name in the moment before it is replaced. Throws to leave it as it is. */
  confirm?(standing: EntryStats | undefined): void;
}

/**
 * Puts a file in place whole or not at all: a temporary neighbour is filled, synced and renamed over the name, which is never
 * followed. Keeps the permission bits of the file that stood there; setuid, setgid and sticky bits are never set.
 */
export async function replaceFile(
  place: Place,
  context: Pick<CallContext, 'signal' | 'closing'>,
  { fill, confirm }: Replacement,
): Promise<void> {
  const { directory, name } = place;
  if (name === '.') throw createErrno('EISDIR');
  const replaced = inspectReplaced(place);
  const mode = replaced === undefined ? NEW_FILE_MODE : Number(replaced.mode) & 0o777;
  const temporaryName = `.kb-${randomBytes(12).toString('hex')}.tmp`;
  const temporary = directory.openFile(temporaryName, 'create');
  let isDone = false;
  try {
    {
      using file = temporary;
      await fill(file);
      await file.seal(mode);
    }
    throwIfStopped(context);
    confirm?.(inspectReplaced(place));
    directory.rename(temporaryName, directory, name);
    isDone = true;
  } finally {
    if (!isDone) removeIfThere(directory, temporaryName);
  }
}

function removeIfThere(directory: OpenDirectory, name: string): void {
  if (directory.look(name) !== undefined) directory.removeFile(name);
}
