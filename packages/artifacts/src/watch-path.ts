import { statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { callWatcher } from './key-watchers.js';
import { errnoOf, toStoreError } from './store-errors.js';

const RETRY_MS = 1_000;

/** An entry to watch, which may not exist, as may none of the folders above it. */
export interface WatchedPath {
  readonly root: string;
  readonly segments: readonly string[];
}

/**
 * Calls back after each change of an entry, and sometimes for none, until disposed. Never keeps the process alive. Throws `ERR_IO_FAILED`
 * where the system has no watcher left.
 */
export function watchPath({ root, segments }: WatchedPath, onChange: () => void): Disposable {
  return new PathWatch(join(root, ...segments), onChange);
}

/** Watches the nearest folder that exists, and moves on as folders come and go. */
class PathWatch implements Disposable {
  readonly #path: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;
  #folder: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
    try {
      this.#arm();
    } catch (error) {
      this[Symbol.dispose]();
      throw toStoreError(error, 'a watched folder');
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#retry);
    this.#watcher?.close();
  }

  /** Ends on a folder whose next entry was still missing after the watch on it had begun, so nothing is missed. */
  #arm(): void {
    for (;;) {
      const folder = nearestFolder(this.#path);
      if (folder === this.#folder) return;
      this.#watcher?.close();
      this.#watcher = undefined;
      this.#folder = undefined;
      try {
        this.#watcher = watch(folder, { persistent: false }, (_event, name) => this.#hear(folder, name));
        this.#watcher.on('error', () => this.#rearm(true));
        this.#folder = folder;
      } catch (error) {
        // The folder has just been removed: the one above it is next.
        if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
      }
    }
  }

  #hear(folder: string, name: string | null): void {
    if (this.#disposed || folder !== this.#folder) return;
    // A folder that is itself removed tells so under its own name.
    const isGone = name === null || name === basename(folder);
    if (isGone || name === nextName(folder, this.#path)) this.#rearm(isGone);
  }

  #rearm(anew: boolean): void {
    if (this.#disposed) return;
    // A new folder of the same name is not the one that was watched.
    if (anew) this.#folder = undefined;
    try {
      this.#arm();
    } catch {
      // No watcher is left at the moment: it tries again, and tells then, for anything may have changed meanwhile.
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#rearm(true), RETRY_MS).unref();
      return;
    }
    callWatcher(this.#onChange);
  }
}

/** A link that leads elsewhere costs a needless call at most: what it leads to is looked at by those who follow none. */
function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

function nextName(folder: string, path: string): string {
  return path.slice(join(folder, '/').length).split(/[/\\]/)[0] ?? '';
}
