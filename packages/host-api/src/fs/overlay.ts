import { createErrno } from './io-error.js';
import type { MemoryFile } from './memory-file.js';
import { descend } from './open-directory.js';
import type { EntryStats, OpenDirectory } from './open-directory.js';

/** Names from the root of the disk down. */
export type Origin = readonly string[];

/** What became of a name in a folder. A file of the disk that was moved is known by where it lies there. */
export type Change =
  | { readonly kind: 'gone' }
  | { readonly kind: 'moved'; readonly origin: Origin }
  | { readonly kind: 'file'; readonly file: MemoryFile }
  | { readonly kind: 'folder'; readonly folder: ChangedFolder };

/** A folder that the run made, or what it changed in one of the disk. */
export interface ChangedFolder {
  /** Where it lies on the disk; `undefined` for one that the run made. */
  readonly origin: Origin | undefined;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly changes: Map<string, Change>;
  modifiedAt: number;
}

/**
 * What a dry run changed, beside a disk that stays as it is. As large as what was written: each change was charged to
 * `maxEntriesWritten` and its bytes to `maxBytesWritten` before it came here.
 */
export class Overlay {
  readonly #root: OpenDirectory;
  /** By place on the disk, which is what a folder is known by, whatever it is called by now. */
  readonly #folders = new Map<string, ChangedFolder>();
  /** How many names of a file of the disk were removed, where it has more than one. */
  readonly #removedNames = new Map<string, bigint>();
  /** Beyond the numbers that a disk gives. */
  #lastIno = 2n ** 64n;

  constructor(root: OpenDirectory) {
    this.#root = root;
  }

  /** What was changed in a folder of the disk, or `undefined` where nothing was. */
  changedAt(origin: Origin): ChangedFolder | undefined {
    return this.#folders.get(origin.join('/'));
  }

  /** The same, ready to take a change. */
  folderAt(origin: Origin): ChangedFolder {
    const known = this.changedAt(origin);
    if (known !== undefined) return known;
    const { dev, ino, mtimeMs } = this.lookAt(origin);
    const folder = { origin, dev, ino, changes: new Map<string, Change>(), modifiedAt: Number(mtimeMs) };
    this.#folders.set(origin.join('/'), folder);
    return folder;
  }

  /** Forgets what was changed in a folder of the disk that is no more. */
  forget(origin: Origin): void {
    this.#folders.delete(origin.join('/'));
  }

  makeFolder(dev: bigint): ChangedFolder {
    return { origin: undefined, dev, ino: this.#nextIno(), changes: new Map(), modifiedAt: Date.now() };
  }

  /** A file that is new, or one whose first bytes are those of a file of the disk. */
  makeFile(dev: bigint, mode: number, head?: MemoryFile['head']): MemoryFile {
    return { dev, ino: this.#nextIno(), mode, modifiedAt: Date.now(), head, chunks: [], bytes: 0 };
  }

  /** Takes one name away from a file of the disk. */
  removeName({ dev, ino, nlink }: EntryStats): void {
    const key = `${dev}:${ino}`;
    if (nlink > 1n) this.#removedNames.set(key, (this.#removedNames.get(key) ?? 0n) + 1n);
  }

  /** The facts that the disk gave, but for the names that were removed. */
  withoutRemovedNames(stats: EntryStats): EntryStats {
    const removed = stats.nlink > 1n ? this.#removedNames.get(`${stats.dev}:${stats.ino}`) : undefined;
    return removed === undefined ? stats : Object.create(stats, { nlink: { value: stats.nlink - removed } });
  }

  /** Opens a folder of the disk, by the same walk as ever. */
  open(origin: Origin): OpenDirectory {
    return descend(this.#root.open('.'), origin);
  }

  /** Facts of something on the disk. Throws `ENOENT` where another program took it away. */
  lookAt(origin: Origin): EntryStats {
    using parent = this.open(origin.slice(0, -1));
    const stats = parent.look(origin.at(-1) ?? '.');
    if (stats === undefined) throw createErrno('ENOENT');
    return this.withoutRemovedNames(stats);
  }

  #nextIno(): bigint {
    this.#lastIno += 1n;
    return this.#lastIno;
  }
}

/** Where what a change put there lies on the disk; `undefined` for what the run made. */
export function originOf(change: Change | undefined): Origin | undefined {
  if (change?.kind === 'moved') return change.origin;
  return change?.kind === 'folder' ? change.folder.origin : undefined;
}
