import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Place } from './file-tree.js';
import { createErrno, errnoOf } from './io-error.js';
import { DiskRefusedError } from './open-directory.js';

/** A regular file that is held open. Its facts are those of the descriptor, not of the name. */
export interface OpenFile extends Disposable {
  readonly fd: number;
  readonly stats: BigIntStats;
}

// A FIFO must not hold the host up, a terminal must not become its own. Windows has none of these flags.
const SAFE_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Opens a regular file that no link leads to. Links, directories (`EISDIR`), FIFOs, sockets and devices are refused. */
export function openFile({ directory, name }: Place, flags: number, mode: number = 0): OpenFile {
  const before = lstatSync(directory.entry(name), { bigint: true, throwIfNoEntry: false });
  // A device is told by its name before it is opened, for opening some of them does something.
  if (before !== undefined) requireRegular(before);
  const fd = openSafely(directory.entry(name), flags, mode);
  try {
    const stats = fstatSync(fd, { bigint: true });
    requireRegular(stats);
    if (directory.device !== undefined && stats.dev !== directory.device) throw new DiskRefusedError('mount-point');
    directory.confirm(name, stats);
    return { fd, stats, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** What stands under a name that is about to be replaced: nothing (`undefined`), or a regular file with no second name. */
export function inspectReplaced({ directory, name }: Place): BigIntStats | undefined {
  const stats = lstatSync(directory.entry(name), { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  requireRegular(stats);
  requireOneName(stats);
  return stats;
}

/** Throws where the file has another name, which may lie anywhere. */
export function requireOneName(stats: BigIntStats): void {
  if (stats.nlink > 1n) throw new DiskRefusedError('hard-link');
}

function requireRegular(stats: BigIntStats): void {
  if (stats.isSymbolicLink()) throw new DiskRefusedError('link');
  if (stats.isDirectory()) throw createErrno('EISDIR');
  if (!stats.isFile()) throw new DiskRefusedError('special-file');
}

function openSafely(path: string, flags: number, mode: number): number {
  try {
    return openSync(path, flags | SAFE_FLAGS, mode);
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') throw new DiskRefusedError('link');
    if (errnoOf(error) === 'ENXIO') throw new DiskRefusedError('special-file');
    throw error;
  }
}
