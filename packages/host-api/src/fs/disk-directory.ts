import { accessSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync } from 'node:fs';
import { opendirSync, openSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import type { GuestDirEntry } from '@kb-labs/contracts';
import type { DirectoryHandle } from './directory-handle.js';
import { openDiskFile } from './disk-file.js';
import { errnoOf } from './io-error.js';
import { openLexicalDirectory } from './lexical-directory.js';
import { kindOf } from './list-directory.js';
import { DiskRefusedError } from './open-directory.js';
import type { EntryStats, OpenDirectory, OpenFile, OpenPurpose } from './open-directory.js';
import { openPinnedDirectory } from './pinned-directory.js';

/** Where a walk starts, and how it goes. */
export interface DiskOptions {
  /** Real, absolute. */
  readonly root: string;
  /** Refuses what lies on another device than the root and, on Linux, what is mounted below it from the same one. */
  readonly sameDevice: boolean;
  readonly platform: NodeJS.Platform;
}

/** Opens the root of a run. Throws a `DiskRefusedError` where it is no longer the real folder that it was. */
export function openDisk({ root, sameDevice, platform }: DiskOptions): OpenDirectory {
  const open = platform === 'linux' ? openPinnedDirectory : openLexicalDirectory;
  return new DiskDirectory(open(root, sameDevice));
}

// A FIFO must not hold the host up, a terminal must not become its own. Windows has none of these flags.
const SAFE_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const PURPOSES: Readonly<Record<OpenPurpose, { readonly flags: number; readonly mode: number }>> = {
  read: { flags: constants.O_RDONLY, mode: 0 },
  append: { flags: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, mode: 0o644 },
  create: { flags: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode: 0o600 },
};

const DIRECTORY_MODE = 0o755;
const ENTRIES_PER_READ = 128;
const SETUID_AND_SETGID = 0o6000n;

/** A class, so that a folder can be told to be of the disk when something is moved into it. */
class DiskDirectory implements OpenDirectory {
  readonly #handle: DirectoryHandle;

  constructor(handle: DirectoryHandle) {
    this.#handle = handle;
  }

  look(name: string): EntryStats | undefined {
    return lstatSync(this.#handle.entry(name), { bigint: true, throwIfNoEntry: false });
  }

  *entries(): Generator<GuestDirEntry> {
    const listing = opendirSync(this.#handle.here, { bufferSize: ENTRIES_PER_READ });
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        yield { name: entry.name, kind: kindOf(entry) };
      }
    } finally {
      listing.closeSync();
    }
  }

  open(name: string): OpenDirectory {
    return new DiskDirectory(this.#handle.open(name));
  }

  requireSameDevice(name: string): void {
    this.#handle.requireSameDevice(name);
  }

  openFile(name: string, purpose: OpenPurpose): OpenFile {
    const { flags, mode } = PURPOSES[purpose];
    const path = this.#handle.entry(name);
    const fd = openSafely(path, flags, mode);
    try {
      const stats = fstatSync(fd, { bigint: true });
      this.#handle.confirm(name, fd, stats);
      if (purpose === 'append') dropPrivilege(fd, stats);
      return openDiskFile(fd, stats);
    } catch (error) {
      closeSync(fd);
      if (purpose === 'create') rmSync(path, { force: true });
      throw error;
    }
  }

  requireWritable(name: string): void {
    accessSync(this.#handle.entry(name), constants.W_OK);
  }

  makeDirectory(name: string): void {
    mkdirSync(this.#handle.entry(name), { mode: DIRECTORY_MODE });
  }

  removeDirectory(name: string): void {
    rmdirSync(this.#handle.entry(name));
  }

  removeFile(name: string): void {
    unlinkSync(this.#handle.entry(name));
  }

  rename(name: string, to: OpenDirectory, toName: string): void {
    if (!(to instanceof DiskDirectory)) throw new TypeError('the other folder is none of the disk');
    renameSync(this.#handle.entry(name), to.#handle.entry(toName));
  }

  [Symbol.dispose](): void {
    this.#handle[Symbol.dispose]();
  }
}

/**
 * What is added to a program runs as whoever it runs as. The kernel takes these bits away by itself, unless the writer is root. A file
 * with a second name stays as it is: nothing will be written to it.
 */
function dropPrivilege(fd: number, stats: EntryStats): void {
  const isPrivileged = (stats.mode & SETUID_AND_SETGID) !== 0n;
  if (isPrivileged && stats.isFile() && stats.nlink === 1n) fchmodSync(fd, Number(stats.mode) & 0o1777);
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
