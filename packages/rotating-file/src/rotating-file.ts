import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** How large it may become. Whole numbers, 1 or more. */
export interface RotationLimits {
  /** Bytes of each file. */
  readonly maxBytes: number;
  /** The one that is written, and the older ones. */
  readonly maxFiles: number;
}

const { O_APPEND, O_CREAT, O_RDWR } = constants;
// Windows has none, and making a link takes a right of its own there.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const MODE = 0o600;
const NEWLINE = 0x0a;
const CHUNK = 65_536;
const PROBE_BYTES = 4096;

/**
 * A file of whole lines that makes room for itself. Opened for each batch, so that a file that was moved away or a disk that was
 * full costs no more than a batch. Throws `ERR_CONFIG_INVALID` for limits that are none.
 */
export class RotatingFile {
  readonly #file: string;
  readonly #limits: RotationLimits;
  /** Where our own last line ended. Any other end is looked at before anything is added. */
  #knownEnd = -1;
  #folderMade = false;

  constructor(file: string, limits: RotationLimits) {
    const { maxBytes, maxFiles } = limits;
    for (const [name, limit] of Object.entries({ maxBytes, maxFiles })) {
      if (!Number.isSafeInteger(limit) || limit < 1) throw wrongLimit(name);
    }
    this.#file = file;
    this.#limits = { maxBytes, maxFiles };
  }

  /**
   * Adds lines, each with its newline, in their order. Whoever calls waits for one call before the next. Throws `ERR_IO_FAILED`, whose
   * `details.written` tells how many of them are in the file all the same.
   */
  async append(lines: readonly Buffer[], signal: AbortSignal): Promise<void> {
    let next = 0;
    try {
      while (next < lines.length) {
        signal.throwIfAborted();
        next += await this.#fill(lines.slice(next));
      }
    } catch (error) {
      throw ioError(error, this.#file, next);
    }
  }

  /** Writes and takes back 4 KiB, so that a full disk shows before there is anything to lose. Not while a call of `append` is under way. */
  async probe(): Promise<void> {
    try {
      const handle = await this.#open();
      try {
        const size = await this.#end(handle);
        await this.#write(handle, size, Buffer.alloc(PROBE_BYTES, ' '));
        this.#knownEnd = -1;
        await handle.truncate(size);
        this.#knownEnd = size;
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw ioError(error, this.#file, 0);
    }
  }

  /** Writes the lines that fit into the current file. Tells how many; makes room where not even one fits. */
  async #fill(lines: readonly Buffer[]): Promise<number> {
    const handle = await this.#open();
    let size: number;
    let fitting: number;
    try {
      size = await this.#end(handle);
      fitting = countFitting(lines, this.#limits.maxBytes - size);
      if (fitting === 0 && size === 0) fitting = 1;
      if (fitting > 0) await this.#write(handle, size, Buffer.concat(lines.slice(0, fitting)));
    } finally {
      await handle.close();
    }
    if (fitting === 0) await this.#rotate();
    return fitting;
  }

  /** For reading as well: the end is looked at, and a pipe that nobody reads is opened at once, and then refused. */
  async #open(): Promise<FileHandle> {
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW;
    try {
      return await open(this.#file, flags, MODE);
    } catch (error) {
      // A folder that goes away later was taken away: a disk that is not mounted, or someone who wants no lines.
      if (errnoOf(error) !== 'ENOENT' || this.#folderMade) throw error;
      this.#folderMade = true;
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      return await open(this.#file, flags, MODE);
    }
  }

  /** Bytes of whole lines. What is behind the last of them was left by a crash, and is cut off. */
  async #end(handle: FileHandle): Promise<number> {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.nlink > 1) throw new Error('it is no regular file with one name');
    // It may have been there before, open to others.
    if ((stats.mode & 0o077) !== 0 && process.platform !== 'win32') await handle.chmod(MODE);
    if (stats.size === this.#knownEnd) return stats.size;
    const end = await lastLineEnd(handle, stats.size);
    if (end < stats.size) await handle.truncate(end);
    return end;
  }

  async #write(handle: FileHandle, size: number, bytes: Buffer): Promise<void> {
    this.#knownEnd = -1;
    try {
      await handle.appendFile(bytes);
    } catch (error) {
      // On a full disk a part may have been written. Where this fails as well, the next batch cuts it off.
      await handle.truncate(size).catch(() => undefined);
      throw error;
    }
    this.#knownEnd = size + bytes.length;
  }

  async #rotate(): Promise<void> {
    const { maxFiles } = this.#limits;
    this.#knownEnd = -1;
    await rm(this.#name(maxFiles - 1), { force: true });
    for (let index = maxFiles - 2; index >= 0; index--) {
      await rename(this.#name(index), this.#name(index + 1)).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
      });
    }
  }

  #name(index: number): string {
    return index === 0 ? this.#file : `${this.#file}.${index}`;
  }
}

function countFitting(lines: readonly Buffer[], room: number): number {
  let left = room;
  for (const [index, line] of lines.entries()) {
    left -= line.length;
    if (left < 0) return index;
  }
  return lines.length;
}

async function lastLineEnd(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(Math.min(CHUNK, size));
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function wrongLimit(name: string): PluginError {
  return createError('ERR_CONFIG_INVALID', `the limit "${name}" of a rotating file is not a whole number above zero`, {
    details: { pointer: `/${name}` },
    hint: 'give the bytes of each file, and how many there may be',
  });
}

function ioError(error: unknown, file: string, written: number): PluginError {
  const errno = errnoOf(error);
  return createError('ERR_IO_FAILED', `lines cannot be written to ${file}: ${errno ?? 'see the cause'}`, {
    details: { file, errno, written },
    cause: error,
    hint: 'give a regular file in a folder that the user of the host may write, on a disk with room',
  });
}
