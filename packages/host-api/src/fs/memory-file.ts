import type { EntryStats, OpenFile } from './open-directory.js';

/** Facts that a dry run makes up, in place of those that the disk would have had. */
export interface MadeUpFacts {
  readonly kind: 'file' | 'directory';
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** A file that a dry run wrote. Bytes that were appended to a file of the disk stand behind that file's own, which are not copied. */
export interface MemoryFile {
  readonly dev: bigint;
  readonly ino: bigint;
  mode: number;
  modifiedAt: number;
  readonly head: { readonly origin: readonly string[]; readonly size: number } | undefined;
  readonly chunks: Uint8Array[];
  /** Of the chunks together. */
  bytes: number;
}

/** Facts in the shape in which the disk gives them. */
export function makeStats({ kind, dev, ino, mode, size, modifiedAt }: MadeUpFacts): EntryStats {
  const mtimeMs = BigInt(Math.trunc(modifiedAt));
  return {
    dev,
    ino,
    mode: BigInt(mode),
    nlink: 1n,
    size: BigInt(size),
    mtimeMs,
    mtimeNs: mtimeMs * 1_000_000n,
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isSymbolicLink: () => false,
  };
}

/** The facts of a file as it is now. */
export function lookAtMemoryFile(file: MemoryFile): EntryStats {
  return makeStats({ ...file, kind: 'file', size: (file.head?.size ?? 0) + file.bytes });
}

/** Opens it at its beginning to read, and at its end to write. Disposes of `head`, from which the bytes of the disk are read. */
export function openMemoryFile(file: MemoryFile, head: OpenFile | undefined): OpenFile {
  const readTail = createTailReader(file.chunks);
  let headLeft = file.head?.size ?? 0;
  return {
    stats: lookAtMemoryFile(file),
    readAtStart: () => undefined,
    async read(into) {
      const count = headLeft > 0 ? await head?.read(into.subarray(0, headLeft)) : 0;
      headLeft = count === undefined || count === 0 ? 0 : headLeft - count;
      return count === undefined || count === 0 ? readTail(into) : count;
    },
    write(bytes) {
      // A copy: what is written must not change with the buffer that it came in.
      file.chunks.push(bytes.slice());
      file.bytes += bytes.byteLength;
      file.modifiedAt = Date.now();
      return Promise.resolve(bytes.byteLength);
    },
    seal(mode) {
      file.mode = mode;
      return Promise.resolve();
    },
    [Symbol.dispose]: () => head?.[Symbol.dispose](),
  };
}

/** Fills the buffer as far as there are bytes: one small chunk for each call would be slow for a file of many. */
function createTailReader(chunks: readonly Uint8Array[]): (into: Uint8Array) => number {
  let index = 0;
  let offset = 0;
  return (into) => {
    let filled = 0;
    for (let chunk = chunks[index]; chunk !== undefined && filled < into.byteLength; chunk = chunks[index]) {
      const part = chunk.subarray(offset, offset + into.byteLength - filled);
      into.set(part, filled);
      filled += part.byteLength;
      offset += part.byteLength;
      if (offset === chunk.byteLength) {
        index += 1;
        offset = 0;
      }
    }
    return filled;
  };
}
