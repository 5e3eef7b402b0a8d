import * as fc from 'fast-check';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.constantFrom(
    '\ud800',
    'a\udfff',
    '\ufeffmark',
    'x'.repeat(16_384),
    '\ud800'.repeat(16_384),
    '\u{1f600}'.repeat(9_000),
  ),
);
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '$', '$$', 'constructor', 'then', 'toJSON', '0'));

function bytes(length: number): fc.Arbitrary<ArrayBuffer> {
  return fc.array(fc.nat(255), { maxLength: 64 }).map((list) => {
    const buffer = new ArrayBuffer(Math.ceil(list.length / length) * length);
    new Uint8Array(buffer).set(list);
    return buffer;
  });
}

const binary = fc.oneof(
  bytes(1),
  bytes(1).map((buffer) => new DataView(buffer)),
  bytes(1).map((buffer) => new Uint8Array(buffer)),
  bytes(1).map((buffer) => new Int8Array(buffer)),
  bytes(1).map((buffer) => new Uint8ClampedArray(buffer)),
  bytes(2).map((buffer) => new Int16Array(buffer)),
  bytes(2).map((buffer) => new Uint16Array(buffer)),
  bytes(4).map((buffer) => new Int32Array(buffer)),
  bytes(4).map((buffer) => new Uint32Array(buffer)),
  bytes(4).map((buffer) => new Float32Array(buffer)),
  bytes(8).map((buffer) => new Float64Array(buffer)),
  bytes(8).map((buffer) => new BigInt64Array(buffer)),
  bytes(8).map((buffer) => new BigUint64Array(buffer)),
);

/** A plain object with own keys, whatever they are called. */
export function plain(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

/** Every kind of value that the wire carries, nested. */
export const carried: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(
      number,
      text,
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.date({ noInvalidDate: true }),
      binary,
    ),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('any')), { maxLength: 5 }).map(plain),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie('any'), { maxLength: 5 }).map((entries) => new Set(entries)),
  ),
})).any;
