import { createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spoolBody } from '../src/spool-body.js';
import { code } from './artifact-fixture.js';

const BLOCK = 1_048_576;
const FIRST = 65_536;
const options = { maxBytes: 10 * BLOCK, signal: new AbortController().signal };

/** Keeps a copy of each block, a turn of the event loop late, as a disk does. */
function collector(): { readonly blocks: Buffer[]; readonly write: (block: Buffer) => Promise<void> } {
  const blocks: Buffer[] = [];
  let writing = 0;
  const write = async (block: Buffer): Promise<void> => {
    expect((writing += 1)).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    blocks.push(Buffer.from(block));
    writing -= 1;
  };
  return { blocks, write };
}

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  // The same memory for each piece: what was handed over may be written over.
  const piece = Buffer.alloc(Math.max(1, ...sizes));
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    const part = bytes.subarray(at, at + size);
    at += size;
    if (part.length > piece.length) yield part;
    else yield piece.subarray(0, part.copy(piece));
  }
}

describe('spoolBody', () => {
  it('writes and sums up what came, in whole blocks and a rest, however it is cut up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 * BLOCK }),
        fc.array(fc.integer({ min: 0, max: 2 * BLOCK }), { maxLength: 6 }),
        fc.boolean(),
        async (length, sizes, whole) => {
          const bytes = randomBytes(length);
          const { blocks, write } = collector();
          const sum = await spoolBody(whole ? bytes : inPieces(bytes, sizes), options, write);
          expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
          expect(sum).toEqual({ bytes: length, sha256: createHash('sha256').update(bytes).digest('hex') });
          const lengths = blocks.slice(0, -1).map((block) => block.length);
          expect(lengths).toEqual(lengths.map((_, at) => (at === 0 && !whole ? FIRST : BLOCK)));
        },
      ),
      { seed: 1, numRuns: 25 },
    );
  });

  it('takes little memory for a short stream, and no more than 2 MiB for a long one', async () => {
    const memoryFor = async (length: number): Promise<readonly number[]> => {
      const held = new Set<ArrayBufferLike>();
      await spoolBody(inPieces(randomBytes(length), [10]), options, async ({ buffer }) => void held.add(buffer));
      return [...held].map((buffer) => buffer.byteLength);
    };
    expect(await memoryFor(10)).toEqual([FIRST]);
    expect(await memoryFor(5 * BLOCK)).toEqual([FIRST, BLOCK, BLOCK]);
  });

  it('writes no byte beyond the limit', async () => {
    const { blocks, write } = collector();
    const spooling = spoolBody(
      inPieces(Buffer.alloc(4 * BLOCK), [BLOCK, BLOCK, BLOCK]),
      { ...options, maxBytes: 2 * BLOCK },
      write,
    );
    await expect(spooling).rejects.toThrow(code('ERR_ARTIFACT_TOO_LARGE'));
    expect(Buffer.concat(blocks).length).toBeLessThanOrEqual(2 * BLOCK);
  });

  it('says that a write failed, though the body never says another word, and lets go of the body', async () => {
    const full = new Error('no space left');
    let isReturned = false;
    const body = {
      [Symbol.asyncIterator]() {
        let told = false;
        return {
          next: () =>
            told
              ? new Promise<never>(() => undefined)
              : ((told = true), Promise.resolve({ done: false as const, value: Buffer.alloc(BLOCK) })),
          return: () => ((isReturned = true), Promise.resolve({ done: true as const, value: undefined })),
        };
      },
    };
    await expect(spoolBody(body, options, () => Promise.reject(full))).rejects.toBe(full);
    expect(isReturned).toBe(true);
  });

  it('ends with the signal, but not while a block is being written', async () => {
    const ending = new AbortController();
    const written = Promise.withResolvers<void>();
    let hasEnded = false;
    const endless = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(BLOCK);
      await new Promise<never>(() => undefined);
    };
    const spooling = spoolBody(endless(), { ...options, signal: ending.signal }, () => written.promise).finally(
      () => (hasEnded = true),
    );
    await new Promise((resolve) => setImmediate(resolve));
    ending.abort(new Error('enough'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    written.resolve();
    await expect(spooling).rejects.toThrow(code('ERR_ABORTED'));
  });
});
