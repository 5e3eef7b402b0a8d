import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, fsync, openSync, renameSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { throwIfStopped } from '../host-function.js';
import type { CallContext } from '../host-function.js';
import type { Place } from './file-tree.js';
import { createErrno } from './io-error.js';
import { inspectReplaced } from './open-file.js';

const syncFile = promisify(fsync);

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const NEW_FILE_MODE = 0o644;

/**
 * Puts a file in place whole or not at all: a temporary neighbour is filled, synced and renamed over the name, which is never
 * followed. Keeps the permission bits of the file that stood there; setuid, setgid and sticky bits are never set.
 */
export async function replaceFile(
  place: Place,
  context: CallContext,
  fill: (fd: number) => Promise<void>,
): Promise<void> {
  const { directory, name } = place;
  if (name === '.') throw createErrno('EISDIR');
  const replaced = inspectReplaced(place);
  const mode = replaced === undefined ? NEW_FILE_MODE : Number(replaced.mode) & 0o777;
  const temporaryName = `.kb-${randomBytes(12).toString('hex')}.tmp`;
  const temporary = directory.entry(temporaryName);
  const fd = openSync(temporary, CREATE_FLAGS, 0o600);
  let isDone = false;
  try {
    try {
      directory.confirm(temporaryName, fstatSync(fd, { bigint: true }));
      await fill(fd);
      fchmodSync(fd, mode);
      await syncFile(fd);
    } finally {
      closeSync(fd);
    }
    throwIfStopped(context);
    renameSync(temporary, directory.entry(name));
    isDone = true;
  } finally {
    if (!isDone) rmSync(temporary, { force: true });
  }
}
