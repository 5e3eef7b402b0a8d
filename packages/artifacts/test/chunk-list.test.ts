import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkList } from '../src/chunk-list.js';

describe('a list of chunks', () => {
  it('holds the same bytes in the same order, and copies of them', () => {
    const pieces = fc.array(
      fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 3_000, maxLength: 9_000 })),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const list = new ChunkList();
        const expected = Buffer.concat(parts);
        for (const part of parts) {
          list.add(part);
          part.fill(0);
        }
        expect(Buffer.concat(list.blocks())).toEqual(expected);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('holds single bytes in few blocks, and a small content in a small one', () => {
    const list = new ChunkList();
    const byte = new Uint8Array([7]);
    for (let n = 0; n < 1_000_000; n += 1) list.add(byte);
    const sizes = list.blocks().map(({ buffer }) => buffer.byteLength);
    expect([sizes.length < 20, sizes.reduce((sum, size) => sum + size, 0)]).toEqual([true, 1_000_000]);
    const small = new ChunkList();
    small.add(new Uint8Array(10));
    expect([small.blocks().map(({ buffer }) => buffer.byteLength), new ChunkList().blocks()]).toEqual([[10], []]);
  });
});
