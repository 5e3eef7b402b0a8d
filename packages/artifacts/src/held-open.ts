import type { FileHandle } from 'node:fs/promises';
import type { Folder } from './folder.js';
import { closeSoon } from './temporary-file.js';

/** What is open, or being opened, and what goes on in it. Its end waits for all of that, and then closes it: nothing is left to happen in a number that is given out again. */
export class HeldOpen implements AsyncDisposable {
  readonly #folders: Promise<Folder | undefined>[] = [];
  readonly #files: Promise<FileHandle>[] = [];
  readonly #work: Promise<unknown>[] = [];

  folder<Opened extends Folder | undefined>(opening: Promise<Opened>): Promise<Opened> {
    this.#folders.push(opening);
    return this.until(opening);
  }

  /** Closed without anybody waiting for that, so what was written to it is to be synced. */
  file(opening: Promise<FileHandle>): Promise<FileHandle> {
    this.#files.push(opening);
    return this.until(opening);
  }

  /** Whoever waits for the work hears of its failure; where nobody does any more, it has no meaning. */
  until<T>(work: Promise<T>): Promise<T> {
    this.#work.push(work);
    work.catch(() => undefined);
    return work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#work);
    for (const file of await Promise.allSettled(this.#files)) if (file.status === 'fulfilled') closeSoon(file.value);
    for (const folder of await Promise.allSettled(this.#folders)) {
      if (folder.status === 'fulfilled') await folder.value?.[Symbol.asyncDispose]();
    }
  }
}
