import type { BigIntStats } from 'node:fs';
import type { DiskRefusal, GuestDirEntry } from '@kb-labs/contracts';

/** Facts of an entry itself, never of what a link leads to. */
export type EntryStats = Pick<
  BigIntStats,
  'dev' | 'ino' | 'nlink' | 'mode' | 'size' | 'mtimeMs' | 'mtimeNs' | 'isFile' | 'isDirectory' | 'isSymbolicLink'
>;

/** What a file is opened for: `append` makes one where there is none, `create` makes one or throws `EEXIST`. */
export type OpenPurpose = 'read' | 'append' | 'create';

/** A file that is held open, with the facts that it had when it was opened. */
export interface OpenFile extends Disposable {
  readonly stats: EntryStats;
  /** Reads from the start of the file at once; does not move the position of `read`. `undefined` where that cannot be done. */
  readAtStart(into: Uint8Array): number | undefined;
  /** Reads on from where the last reading ended; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Resolves with how many of the bytes were written. */
  write(bytes: Uint8Array): Promise<number>;
  /** Sets the permission bits, and brings what was written to the disk. */
  seal(mode: number): Promise<void>;
}

/** What can be learnt in a folder. No call follows a link. */
interface FolderView {
  /** Facts of the entry of this name (`.` is the folder itself), or `undefined` where there is none. */
  look(name: string): EntryStats | undefined;
  /** Reads the folder entry by entry, and without a turn of the event loop unless the caller takes one. Links are `other`. */
  entries(): Generator<GuestDirEntry>;
  /** Opens the folder of this name (`.` is itself). Throws `ENOTDIR`, `ENOENT`, or a `DiskRefusedError`. */
  open(name: string): OpenDirectory;
  /** Throws a `DiskRefusedError` where all must be on the root's device, and the entry of this name is not. */
  requireSameDevice(name: string): void;
  /** The kind of the entry must have been looked at before. */
  openFile(name: string, purpose: OpenPurpose): OpenFile;
}

/** What can be done in a folder, with the error codes of POSIX. */
interface FolderChanges {
  /** Throws `EACCES` or `EROFS` where the host itself may not write the entry (`.`: may not change the folder). */
  requireWritable(name: string): void;
  makeDirectory(name: string): void;
  removeDirectory(name: string): void;
  /** Removes a name, whatever it is but a folder. */
  removeFile(name: string): void;
  /** Replaces what stands there, where POSIX lets it. Both folders are of one tree. */
  rename(name: string, to: OpenDirectory, toName: string): void;
}

/**
 * A folder that is held, so that what is done in it is done in that very folder, whatever happens to its name. The one seam between
 * the file functions and what they work on: the disk, or what a dry run has laid over it.
 */
export interface OpenDirectory extends FolderView, FolderChanges, Disposable {}

/** What stands on the disk is not to be touched. The gate makes it an audited refusal. */
export class DiskRefusedError extends Error {
  override readonly name = 'DiskRefusedError';
  readonly refusal: DiskRefusal;

  constructor(refusal: DiskRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** Closes the folder that was left, also where the next one could not be opened. */
export function descend(from: OpenDirectory, names: readonly string[]): OpenDirectory {
  let directory = from;
  for (const name of names) {
    const left = directory;
    // As `using` does it, which compilers for Node 22 make dear where it stands in a loop.
    try {
      directory = left.open(name);
    } finally {
      left[Symbol.dispose]();
    }
  }
  return directory;
}
