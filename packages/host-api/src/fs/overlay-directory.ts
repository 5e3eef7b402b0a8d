import type { GuestDirEntry } from '@kb-labs/contracts';
import { createErrno } from './io-error.js';
import { openMemoryFile } from './memory-file.js';
import type { MemoryFile } from './memory-file.js';
import type { EntryStats, OpenDirectory, OpenFile, OpenPurpose } from './open-directory.js';
import { OverlaidFolder } from './overlaid-folder.js';
import { originOf, Overlay } from './overlay.js';

const CREATED_MODE = 0o100600;
const APPENDED_MODE = 0o100644;
const REGULAR_FILE = 0o100000;
const PERMISSIONS = 0o777;

/** Lays an empty overlay over the root of a run, and opens it: what is changed there changes nothing on the disk. Disposes of `root`. */
export function openOverlay(root: OpenDirectory): OpenDirectory {
  return new OverlayDirectory([], new OverlaidFolder(new Overlay(root), { directory: root, origin: [] }));
}

/**
 * A folder in a dry run: that of the disk with the changes of the run over it. Answers and refuses as the disk would have, also where
 * the host itself may not write. What only a disk can know is not foreseen: that it is full, that something is in use, or that it takes
 * names for one that differ in case alone.
 */
class OverlayDirectory implements OpenDirectory {
  readonly #path: readonly string[];
  readonly #folder: OverlaidFolder;

  constructor(path: readonly string[], folder: OverlaidFolder) {
    this.#path = path;
    this.#folder = folder;
  }

  look(name: string): EntryStats | undefined {
    return this.#folder.look(name);
  }

  entries(): Generator<GuestDirEntry> {
    return this.#folder.entries();
  }

  open(name: string): OpenDirectory {
    return new OverlayDirectory(name === '.' ? this.#path : [...this.#path, name], this.#folder.enter(name));
  }

  openFile(name: string, purpose: OpenPurpose): OpenFile {
    const stats = this.look(name);
    if (stats !== undefined && purpose === 'create') throw createErrno('EEXIST');
    if (stats === undefined && purpose === 'read') throw createErrno('ENOENT');
    if (stats === undefined) return this.#create(name, purpose === 'append' ? APPENDED_MODE : CREATED_MODE);
    return purpose === 'read' ? this.#openToRead(name) : this.#openToAppend(name, stats);
  }

  makeDirectory(name: string): void {
    if (this.look(name) !== undefined) throw createErrno('EEXIST');
    this.requireWritable('.');
    const { overlay, dev } = this.#folder;
    this.#folder.put(name, { kind: 'folder', folder: overlay.makeFolder(dev) });
  }

  removeDirectory(name: string): void {
    const stats = this.#require(name);
    if (!stats.isDirectory()) throw createErrno('ENOTDIR');
    this.#requireNoMount(stats);
    this.#requireEmpty(name);
    this.requireWritable('.');
    this.#folder.put(name, { kind: 'gone' });
    this.#folder.drop(name);
  }

  removeFile(name: string): void {
    const stats = this.#require(name);
    if (stats.isDirectory()) throw createErrno('EISDIR');
    this.requireWritable('.');
    if (stats.isFile()) this.#folder.overlay.removeName(stats);
    this.#folder.drop(name);
  }

  rename(name: string, to: OpenDirectory, toName: string): void {
    if (!(to instanceof OverlayDirectory)) throw new TypeError('the other folder is none of the overlay');
    if (this.#folder.dev !== to.#folder.dev) throw createErrno('EXDEV');
    const stats = this.#require(name);
    const from = [...this.#path, name];
    const target = [...to.#path, toName];
    if (from.join('/') === target.join('/')) return;
    if (startsWith(target, from)) throw createErrno('EINVAL');
    if (startsWith(from, target)) throw createErrno('ENOTEMPTY');
    to.#requireReplaceable(toName, stats);
    this.#requireNoMount(stats);
    this.requireWritable('.');
    to.requireWritable('.');
    // A folder that gets another parent is itself changed.
    if (stats.isDirectory() && this.#path.join('/') !== to.#path.join('/')) this.requireWritable(name);
    const moved = this.#folder.take(name);
    this.#folder.drop(name);
    to.#folder.put(toName, moved);
  }

  requireWritable(name: string): void {
    this.#askDisk(name, (directory, entry) => directory.requireWritable(entry));
  }

  requireSameDevice(name: string): void {
    this.#askDisk(name, (directory, entry) => directory.requireSameDevice(entry));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  /** What the run made is its own; what lies on the disk, also where it was moved, the disk may refuse. */
  #askDisk(name: string, ask: (directory: OpenDirectory, entry: string) => void): void {
    const change = this.#folder.changeOf(name);
    const { beneath, overlay } = this.#folder;
    if (change === undefined && beneath !== undefined) ask(beneath.directory, name);
    const origin = originOf(change);
    if (origin === undefined) return;
    using directory = overlay.open(origin.slice(0, -1));
    ask(directory, origin.at(-1) ?? '.');
  }

  #require(name: string): EntryStats {
    const stats = this.look(name);
    if (stats === undefined) throw createErrno('ENOENT');
    return stats;
  }

  #requireEmpty(name: string): void {
    using directory = this.open(name);
    for (const _ of directory.entries()) throw createErrno('ENOTEMPTY');
  }

  /** A folder with another device than the one that it is in is a mount point. */
  #requireNoMount(stats: EntryStats): void {
    if (stats.isDirectory() && stats.dev !== this.#folder.dev) throw createErrno('EBUSY');
  }

  /** A file takes the place of a file, a folder that of an empty folder. */
  #requireReplaceable(name: string, by: EntryStats): void {
    const stats = this.look(name);
    if (stats === undefined) return;
    if (by.isDirectory() && !stats.isDirectory()) throw createErrno('ENOTDIR');
    if (!by.isDirectory() && stats.isDirectory()) throw createErrno('EISDIR');
    if (stats.isDirectory()) this.#requireEmpty(name);
    this.#requireNoMount(stats);
  }

  #create(name: string, mode: number): OpenFile {
    this.requireWritable('.');
    const { overlay, dev } = this.#folder;
    const file = overlay.makeFile(dev, mode);
    this.#folder.put(name, { kind: 'file', file });
    return openMemoryFile(file, undefined);
  }

  #openToRead(name: string): OpenFile {
    const change = this.#folder.changeOf(name);
    if (change?.kind === 'moved') return this.#openOrigin(change.origin);
    if (change?.kind === 'file') {
      const { file } = change;
      return openMemoryFile(file, file.head === undefined ? undefined : this.#openOrigin(file.head.origin));
    }
    if (this.#folder.beneath === undefined) throw createErrno('ENOENT');
    return this.#folder.beneath.directory.openFile(name, 'read');
  }

  #openOrigin(origin: readonly string[]): OpenFile {
    using directory = this.#folder.overlay.open(origin.slice(0, -1));
    return directory.openFile(origin.at(-1) ?? '.', 'read');
  }

  /** Bytes go behind those of the disk, and nothing changes before some come. */
  #openToAppend(name: string, stats: EntryStats): OpenFile {
    const change = this.#folder.take(name);
    if (change.kind === 'file') return openMemoryFile(change.file, undefined);
    if (change.kind !== 'moved') throw createErrno('EISDIR');
    this.requireWritable(name);
    const { overlay, dev } = this.#folder;
    const head = { origin: change.origin, size: Number(stats.size) };
    const file: MemoryFile = overlay.makeFile(dev, REGULAR_FILE | (Number(stats.mode) & PERMISSIONS), head);
    const opened = openMemoryFile(file, undefined);
    return {
      stats,
      readAtStart: opened.readAtStart,
      read: opened.read,
      seal: opened.seal,
      write: (bytes) => {
        if (file.bytes === 0) this.#folder.put(name, { kind: 'file', file });
        return opened.write(bytes);
      },
      [Symbol.dispose]: () => undefined,
    };
  }
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((segment, index) => segment === path[index]);
}
