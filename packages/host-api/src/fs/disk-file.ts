import { closeSync, fchmodSync, fsync, read, readSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { EntryStats, OpenFile } from './open-directory.js';

const readAsync = promisify(read);
const writeAsync = promisify(write);
const syncFile = promisify(fsync);

/** Up to here one synchronous call costs less than the way through the thread pool; beyond, the host's loop must not wait. */
const SYNC_BYTES = 65_536;

/** A file of the disk, by its descriptor. Disposing closes it. */
export function openDiskFile(fd: number, stats: EntryStats): OpenFile {
  return {
    stats,
    async read(into) {
      if (into.byteLength <= SYNC_BYTES) return readSync(fd, into);
      return (await readAsync(fd, into, 0, into.byteLength, null)).bytesRead;
    },
    async write(bytes) {
      if (bytes.byteLength <= SYNC_BYTES) return writeSync(fd, bytes);
      return (await writeAsync(fd, bytes)).bytesWritten;
    },
    async seal(mode) {
      fchmodSync(fd, mode);
      await syncFile(fd);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
