import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { decodeValue } from '../../src/wire/decode-value.js';
import { encodeValue } from '../../src/wire/encode-value.js';
import { encodeFrame } from '../../src/wire/frame.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import { DEFAULT_WIRE_LIMITS, wireLimitsFor } from '../../src/wire/limits.js';
import { UnsendableError } from '../../src/wire/wire-value.js';
import { carried, plain } from './carried-values.js';

function overTheWire(value: unknown, limits = DEFAULT_WIRE_LIMITS): unknown {
  const [message, ...more] = createFrameDecoder(limits).push(encodeFrame(encodeValue(value)));
  expect(more).toEqual([]);
  if (message === undefined) throw new Error('no message');
  return decodeValue(message);
}

function refusal(value: unknown): { readonly kind: string; readonly path: string } {
  try {
    encodeValue(value);
  } catch (error) {
    if (error instanceof UnsendableError) return { kind: error.kind, path: error.path };
    throw error;
  }
  throw new Error('it was sent');
}

describe('a value over the wire', () => {
  it('arrives as it left, whatever it is made of', () => {
    // Vitest takes an own key called `constructor` for the class of its object.
    const isKept = fc.property(carried, (value) => isDeepStrictEqual(overTheWire(value), value));
    expect(fc.check(isKept, { seed: 1, numRuns: 1_000 })).toMatchObject({ failed: false });
  });

  it('keeps an own __proto__ as data', () => {
    const hostile = plain([['__proto__', { admin: true }]]);
    const arrived = overTheWire({ hostile }) as { readonly hostile: object };
    expect(Object.getPrototypeOf(arrived.hostile)).toBe(Object.prototype);
    expect(Object.hasOwn(arrived.hostile, '__proto__')).toBe(true);
    expect('admin' in arrived.hostile).toBe(false);
  });

  it('keeps the words of an error, its causes and parts, but not its stack', () => {
    const sent = new AggregateError([new TypeError('part', { cause: 7 })], 'whole', { cause: { deep: new Map() } });
    const arrived = overTheWire(Object.assign(sent, { code: 'E_X', secret: 'stays' }));
    if (!(arrived instanceof Error)) throw new Error('no error');
    expect({ ...arrived, name: arrived.name, message: arrived.message, cause: arrived.cause }).toEqual({
      name: 'AggregateError',
      message: 'whole',
      cause: { deep: new Map() },
    });
    expect(arrived.stack).toBe('AggregateError: whole');
    expect(Reflect.get(arrived, 'code')).toBe('E_X');
    expect(Reflect.get(arrived, 'errors')).toEqual([new TypeError('part')]);
    expect(Object.hasOwn(arrived, 'secret')).toBe(false);
  });

  it('takes a Node Buffer as bytes, and only the part of its memory that it shows', () => {
    const pool = new Uint8Array(64).fill(7);
    expect(overTheWire(Buffer.from(pool.buffer, 8, 4))).toStrictEqual(new Uint8Array([7, 7, 7, 7]));
    expect(overTheWire(new Float32Array(pool.buffer, 8, 2))).toStrictEqual(new Float32Array(pool.slice(8, 16).buffer));
  });

  it('keeps a date that is none', () => {
    expect(overTheWire(new Date(Number.NaN))).toStrictEqual(new Date(Number.NaN));
  });

  it('arrives twice where it stood twice', () => {
    const shared = { a: 1 };
    const arrived = overTheWire([shared, shared]) as readonly object[];
    expect(arrived).toStrictEqual([{ a: 1 }, { a: 1 }]);
    expect(arrived[0]).not.toBe(arrived[1]);
  });
});

describe('encodeValue refuses, and names the kind and the place', () => {
  class Cart {
    items = 1;
  }
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  const nested = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 0);

  it.each<[string, unknown, string, string]>([
    ['a function', { a: [() => 1] }, 'a function', '/a/0'],
    ['a symbol', Symbol('x'), 'a symbol', ''],
    ['a symbol as a key', { a: { [Symbol('x')]: 1 } }, 'a symbol key', '/a'],
    ['a class instance', [new Cart()], 'an instance of Cart', '/0'],
    ['a promise', Promise.resolve(1), 'an instance of Promise', ''],
    ['a hole', [1, , 3], 'a hole in an array', '/1'], // eslint-disable-line no-sparse-arrays
    ['a cycle', cycle, 'a cycle', '/0/cycle'],
    ['shared memory', new SharedArrayBuffer(8), 'an instance of SharedArrayBuffer', ''],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(8)), 'an instance of Uint8Array', ''],
    ['a WeakMap', new Map([[1, new WeakMap()]]), 'an instance of WeakMap', '/0/value'],
    ['65 levels', nested(65), 'more than 64 levels', '/0'.repeat(64)],
    ['too many elements', Array.from({ length: 400_001 }, () => 0), 'more than 200000 elements', ''],
    [
      'too many numbers in a Set',
      new Set(Array(4_097).keys()),
      'more than 4096 numbers as keys of Maps or in Sets',
      '',
    ],
    ['a bigint without end', 10n ** 65_536n, 'more than 65536 digits of bigint', ''],
  ])('%s', (_, value, kind, path) => {
    expect(refusal(value)).toEqual({ kind, path });
  });

  it('four billion holes before anyone walks them', () => {
    expect(refusal(Object.assign([], { length: 2 ** 32 - 1 }))).toEqual({
      kind: 'more than 200000 elements',
      path: '',
    });
  });
});

describe('what encodeValue takes', () => {
  const big = wireLimitsFor(64 * 1_048_576);
  const many = <Value>(make: (index: number) => Value): Value[] =>
    Array.from({ length: 60_000 }, (_, index) => make(index));

  it.each<[string, unknown]>([
    ['60 000 dates', many(() => new Date(0))],
    ['60 000 undefined', many(() => undefined)],
    ['60 000 objects', many((index) => ({ index, inner: {} }))],
    ['60 000 members that are objects', Object.fromEntries(many((index) => [`k${index}`, {}]))],
    ['60 000 views', many(() => new Uint8Array(1))],
    ['a Map of 60 000', new Map(many((index) => [`k${index}`, -0]))],
    ['60 000 errors', many(() => new Error('x', { cause: 1 }))],
    ['64 levels of Maps', Array.from({ length: 64 }).reduce((inner: unknown) => new Map([['k', inner]]), 1)],
    ['64 levels of $ keys', Array.from({ length: 64 }).reduce((inner: unknown) => ({ $: inner }), 1)],
    ['64 levels of causes', Array.from({ length: 64 }).reduce((cause: unknown) => new Error('x', { cause }), 1)],
  ])('a decoder takes as well, or it is refused before it leaves: %s', (_, value) => {
    const taken = (): number => {
      const { json, binary } = encodeValue(value);
      return createFrameDecoder(big).push(encodeFrame({ json: { t: 'result', ok: true, value: json }, binary })).length;
    };
    expect(attempt(taken)).toBe(1);
  });
});

/** A refusal by the encoder is as good as an arrival. */
function attempt(send: () => number): number {
  try {
    return send();
  } catch (error) {
    if (error instanceof UnsendableError) return 1;
    throw error;
  }
}
