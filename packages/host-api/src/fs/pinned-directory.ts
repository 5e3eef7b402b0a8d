import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import type { DirectoryHandle } from './directory-handle.js';
import { DiskRefusedError } from './open-directory.js';

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Linux: a folder held by its descriptor. `/proc/self/fd/<n>/<name>` is resolved by the kernel from that very folder, so nobody can
 * put a link in its place between a check and a use. The walk is synchronous: 10 µs for three segments, where promises take 150.
 */
export function openPinnedDirectory(root: string, sameDevice: boolean): DirectoryHandle {
  const fd = openDirectoryAt(root);
  try {
    // The root was resolved once, when the policy was made: if it now leads elsewhere, nothing below it was granted.
    if (readlinkSync(`/proc/self/fd/${fd}`) !== root) throw new DiskRefusedError('root-moved');
    return hold(fd, sameDevice ? fstatSync(fd, { bigint: true }).dev : undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function hold(fd: number, device: bigint | undefined): DirectoryHandle {
  const here = `/proc/self/fd/${fd}`;
  let isOpen = true;
  return {
    here,
    device,
    entry: (name) => `${here}/${name}`,
    open(name) {
      const child = openDirectoryAt(`${here}/${name}`);
      if (device !== undefined && fstatSync(child, { bigint: true }).dev !== device) {
        closeSync(child);
        throw new DiskRefusedError('mount-point');
      }
      return hold(child, device);
    },
    // The descriptor was reached from this folder without a link, which is all there is to confirm.
    confirm: () => undefined,
    [Symbol.dispose]() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

function openDirectoryAt(path: string): number {
  try {
    return openSync(path, DIRECTORY_FLAGS);
  } catch (error) {
    // O_DIRECTORY makes Linux answer ENOTDIR for a link. Asking again only picks the words: nothing is opened either way.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new DiskRefusedError('link');
    throw error;
  }
}
