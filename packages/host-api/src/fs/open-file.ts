import type { Place } from './file-tree.js';
import { createErrno } from './io-error.js';
import { DiskRefusedError } from './open-directory.js';
import type { EntryStats, OpenFile, OpenPurpose } from './open-directory.js';

/** Opens a regular file that no link leads to. Links, directories (`EISDIR`), FIFOs, sockets and devices are refused. */
export function openFile({ directory, name }: Place, purpose: OpenPurpose): OpenFile {
  const before = directory.look(name);
  // A device is told by its name before it is opened, for opening some of them does something.
  if (before !== undefined) requireRegular(before);
  const file = directory.openFile(name, purpose);
  try {
    requireRegular(file.stats);
    return file;
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** What stands under a name that is about to be replaced: nothing (`undefined`), or a regular file with no second name. */
export function inspectReplaced({ directory, name }: Place): EntryStats | undefined {
  const stats = directory.look(name);
  if (stats === undefined) return undefined;
  requireRegular(stats);
  requireOneName(stats);
  directory.requireSameDevice(name);
  return stats;
}

/** Throws where the file has another name, which may lie anywhere. */
export function requireOneName(stats: EntryStats): void {
  if (stats.nlink > 1n) throw new DiskRefusedError('hard-link');
}

/** The facts of an entry that must be there. Throws `ENOENT`. */
export function lookAt({ directory, name }: Place): EntryStats {
  const stats = directory.look(name);
  if (stats === undefined) throw createErrno('ENOENT');
  return stats;
}

function requireRegular(stats: EntryStats): void {
  if (stats.isSymbolicLink()) throw new DiskRefusedError('link');
  if (stats.isDirectory()) throw createErrno('EISDIR');
  if (!stats.isFile()) throw new DiskRefusedError('special-file');
}
