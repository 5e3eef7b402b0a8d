import { lstatSync, realpathSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryHandle } from './directory-handle.js';
import { DiskRefusedError } from './open-directory.js';

/**
 * Where there is no `/proc/self/fd`: a folder known by its path. Every segment is looked at before it is entered and again after a
 * file was opened, so a link that stands there is refused. A process that swaps folders for links in between may win that race.
 */
export function openLexicalDirectory(root: string, sameDevice: boolean): DirectoryHandle {
  const stats = lookAt(root);
  if (realpathSync(root) !== root) throw new DiskRefusedError('root-moved');
  return hold(root, sameDevice ? stats.dev : undefined);
}

function hold(here: string, device: bigint | undefined): DirectoryHandle {
  return {
    here,
    entry: (name) => join(here, name),
    open(name) {
      const child = join(here, name);
      const stats = lookAt(child);
      if (device !== undefined && stats.dev !== device) throw new DiskRefusedError('mount-point');
      return hold(child, device);
    },
    confirm(name, _fd, opened) {
      if (device !== undefined && opened.dev !== device) throw new DiskRefusedError('mount-point');
      const now = lstatSync(join(here, name), { bigint: true });
      const isSame = now.dev === opened.dev && now.ino === opened.ino;
      if (!isSame || realpathSync(here) !== here) throw new DiskRefusedError('link');
    },
    requireSameDevice(name) {
      if (device === undefined) return;
      if (lstatSync(join(here, name), { bigint: true }).dev !== device) throw new DiskRefusedError('mount-point');
    },
    [Symbol.dispose]: () => undefined,
  };
}

function lookAt(path: string): BigIntStats {
  const stats = lstatSync(path, { bigint: true });
  if (stats.isSymbolicLink()) throw new DiskRefusedError('link');
  if (!stats.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
  return stats;
}
