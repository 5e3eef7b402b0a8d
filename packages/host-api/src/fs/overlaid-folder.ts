import type { GuestDirEntry } from '@kb-labs/contracts';
import { createErrno } from './io-error.js';
import { lookAtMemoryFile, makeStats } from './memory-file.js';
import type { EntryStats, OpenDirectory } from './open-directory.js';
import type { Change, ChangedFolder, Origin, Overlay } from './overlay.js';

const DIRECTORY_MODE = 0o040755;
const MAX_NAME_BYTES = 255;

/** The folder of the disk that lies beneath, held open, and where it lies there. */
export interface Beneath {
  readonly directory: OpenDirectory;
  readonly origin: Origin;
}

/** One folder as a dry run has it: what is in it, and what it takes to change that. Knows nothing of what may be done. */
export class OverlaidFolder implements Disposable {
  readonly overlay: Overlay;
  readonly beneath: Beneath | undefined;
  readonly #made: ChangedFolder | undefined;

  /** Over a folder of the disk, or in place of none. */
  constructor(overlay: Overlay, ground: Beneath | ChangedFolder) {
    this.overlay = overlay;
    this.beneath = 'directory' in ground ? ground : undefined;
    this.#made = 'directory' in ground ? undefined : ground;
  }

  get dev(): bigint {
    return this.lookAtSelf().dev;
  }

  /** What became of a name; `undefined` where it is as on the disk. */
  changeOf(name: string): Change | undefined {
    return this.#changed()?.changes.get(name);
  }

  /** Throws `ENAMETOOLONG`, as the disk does. */
  look(name: string): EntryStats | undefined {
    if (name === '.') return this.lookAtSelf();
    const change = this.changeOf(name);
    if (change !== undefined) return this.#lookAtChange(change);
    if (this.beneath === undefined) {
      if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw createErrno('ENAMETOOLONG');
      return undefined;
    }
    const stats = this.beneath.directory.look(name);
    if (stats === undefined) return undefined;
    const changed = this.overlay.changedAt([...this.beneath.origin, name]);
    return touched(this.overlay.withoutRemovedNames(stats), changed);
  }

  lookAtSelf(): EntryStats {
    if (this.#made !== undefined) return lookAtMade(this.#made);
    const stats = this.beneath?.directory.look('.');
    if (stats === undefined) throw createErrno('ENOENT');
    return touched(stats, this.#changed());
  }

  *entries(): Generator<GuestDirEntry> {
    // A copy: what changes while this is read must not show a name twice.
    const changes = new Map(this.#changed()?.changes);
    const listed = this.beneath?.directory.entries() ?? [];
    for (const entry of listed) if (!changes.has(entry.name)) yield entry;
    for (const [name, { kind }] of changes) {
      if (kind !== 'gone') yield { name, kind: kind === 'folder' ? 'directory' : 'file' };
    }
  }

  /** Opens a folder in it. Throws as the disk does. */
  enter(name: string): OverlaidFolder {
    if (name === '.') return this.#again();
    const change = this.changeOf(name);
    if (change?.kind === 'folder') return this.#over(change.folder);
    if (change !== undefined) throw createErrno(change.kind === 'gone' ? 'ENOENT' : 'ENOTDIR');
    // Nothing is beneath what the run made, but `look` says so in the right words.
    if (this.beneath === undefined) throw createErrno(this.look(name) === undefined ? 'ENOENT' : 'ENOTDIR');
    const directory = this.beneath.directory.open(name);
    return new OverlaidFolder(this.overlay, { directory, origin: [...this.beneath.origin, name] });
  }

  /** Puts something under a name, in place of what stood there. */
  put(name: string, change: Change): void {
    this.#forget(name);
    const folder = this.#changing();
    folder.changes.set(name, change);
    folder.modifiedAt = Date.now();
  }

  /** What stands under a name, ready to be put elsewhere. */
  take(name: string): Change {
    const change = this.changeOf(name);
    if (change !== undefined || this.beneath === undefined) return change ?? { kind: 'gone' };
    const origin = [...this.beneath.origin, name];
    const isFolder = this.beneath.directory.look(name)?.isDirectory() === true;
    return isFolder ? { kind: 'folder', folder: this.overlay.folderAt(origin) } : { kind: 'moved', origin };
  }

  /** Takes a name away. What stood there may stand elsewhere by now. */
  drop(name: string): void {
    const folder = this.#changing();
    folder.modifiedAt = Date.now();
    // Only what is on the disk must be covered: the temporary names of whole writes would add up.
    if (this.beneath?.directory.look(name) === undefined) folder.changes.delete(name);
    else folder.changes.set(name, { kind: 'gone' });
  }

  [Symbol.dispose](): void {
    this.beneath?.directory[Symbol.dispose]();
  }

  #changed(): ChangedFolder | undefined {
    return this.beneath === undefined ? this.#made : this.overlay.changedAt(this.beneath.origin);
  }

  #changing(): ChangedFolder {
    return this.#made ?? this.overlay.folderAt(this.beneath?.origin ?? []);
  }

  #again(): OverlaidFolder {
    if (this.#made !== undefined) return new OverlaidFolder(this.overlay, this.#made);
    if (this.beneath === undefined) throw createErrno('ENOENT');
    const { directory, origin } = this.beneath;
    return new OverlaidFolder(this.overlay, { directory: directory.open('.'), origin });
  }

  #over(folder: ChangedFolder): OverlaidFolder {
    const { origin } = folder;
    return new OverlaidFolder(
      this.overlay,
      origin === undefined ? folder : { directory: this.overlay.open(origin), origin },
    );
  }

  #lookAtChange(change: Change): EntryStats | undefined {
    switch (change.kind) {
      case 'gone':
        return undefined;
      case 'moved':
        return this.overlay.lookAt(change.origin);
      case 'file':
        return lookAtMemoryFile(change.file);
      case 'folder':
        return change.folder.origin === undefined
          ? lookAtMade(change.folder)
          : touched(this.overlay.lookAt(change.folder.origin), change.folder);
    }
  }

  #forget(name: string): void {
    const change = this.changeOf(name);
    if (change?.kind === 'folder' && change.folder.origin !== undefined) this.overlay.forget(change.folder.origin);
    if (change === undefined && this.beneath !== undefined) this.overlay.forget([...this.beneath.origin, name]);
  }
}

function lookAtMade({ dev, ino, modifiedAt }: ChangedFolder): EntryStats {
  return makeStats({ kind: 'directory', dev, ino, mode: DIRECTORY_MODE, size: 0, modifiedAt });
}

/** The facts of the disk, but for the time at which the run changed something. */
function touched(stats: EntryStats, changed: ChangedFolder | undefined): EntryStats {
  if (changed === undefined || !stats.isDirectory()) return stats;
  const { dev, ino, mode } = stats;
  return makeStats({ kind: 'directory', dev, ino, mode: Number(mode), size: 0, modifiedAt: changed.modifiedAt });
}
