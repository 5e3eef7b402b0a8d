import { describe, expect, it } from 'vitest';
import { binaryKindOf, makeBinary } from '../../src/wire/binary-kinds.js';

const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;

describe('binary kinds', () => {
  it.each([
    new Uint8Array(buffer),
    new Int8Array(buffer),
    new Uint8ClampedArray(buffer),
    new Int16Array(buffer),
    new Uint16Array(buffer),
    new Int32Array(buffer),
    new Uint32Array(buffer),
    new Float32Array(buffer),
    new Float64Array(buffer),
    new BigInt64Array(buffer),
    new BigUint64Array(buffer),
    new DataView(buffer),
    buffer,
  ])('are made again out of their name and bytes: %o', (value) => {
    const kind = binaryKindOf(value);
    if (kind === undefined) throw new Error('no kind');
    const made = makeBinary(kind.name, kind.bytes, false);
    expect(made).toStrictEqual(value);
    expect(made).not.toBe(value);
  });

  it('are told by their slots, not by what they say of themselves', () => {
    class Liar extends Uint8Array {
      override get [Symbol.toStringTag](): 'Uint8Array' {
        return 'Float64Array' as 'Uint8Array';
      }
    }
    expect(binaryKindOf(new Liar(3))?.name).toBe('Uint8Array');
    expect(binaryKindOf(Object.create(Uint8Array.prototype) as object)).toBeUndefined();
    expect(binaryKindOf({ [Symbol.toStringTag]: 'Uint8Array', buffer, byteLength: 8 })).toBeUndefined();
  });

  it('are not those of shared memory', () => {
    expect(binaryKindOf(new SharedArrayBuffer(8))).toBeUndefined();
    expect(binaryKindOf(new Int32Array(new SharedArrayBuffer(8)))).toBeUndefined();
  });

  it.each(['Buffer', 'SharedArrayBuffer', 'Array', '__proto__', 'constructor', '', 7, null, undefined])(
    'are no others: %s',
    (name) => {
      expect(() => makeBinary(name, new Uint8Array(8), false)).toThrow(TypeError);
    },
  );

  it('are made over the bytes themselves where nobody else has their memory, and over a copy where more lies in it', () => {
    const own = Uint8Array.of(1, 2, 3, 4);
    expect(makeBinary('ArrayBuffer', own, true)).toBe(own.buffer);
    const part = own.subarray(0, 2);
    expect(makeBinary('ArrayBuffer', part, true)).toEqual(Uint8Array.of(1, 2).buffer);
    expect(() => makeBinary('Float64Array', own, true)).toThrow(TypeError);
  });

  it('fit their length', () => {
    expect(() => makeBinary('Float64Array', new Uint8Array(9), false)).toThrow(TypeError);
  });
});
