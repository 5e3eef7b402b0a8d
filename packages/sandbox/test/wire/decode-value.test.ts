import { isDeepStrictEqual, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { decodeValue } from '../../src/wire/decode-value.js';
import { encodeValue } from '../../src/wire/encode-value.js';
import type { EncodedValue, WireValue } from '../../src/wire/wire-value.js';
import { carried } from './carried-values.js';

/** Every kind of value that JSON can hold, marks among them. */
const wireValue = fc.letrec<{ any: WireValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'name', 'message', 'cause')), tie('any')),
    fc
      .tuple(
        fc.constantFrom(
          'undefined',
          'number',
          'bigint',
          'Date',
          'Map',
          'Set',
          'Error',
          'Object',
          'text',
          'bytes',
          'no',
        ),
        fc.oneof(tie('any'), fc.constantFrom('Uint8Array', 'Float64Array', 'Function', '1', '0x10', '-0', 'NaN')),
        fc.oneof(tie('any'), fc.integer({ min: -2, max: 4 })),
      )
      .map((content): WireValue => ({ $: content })),
  ),
})).any;

// Two of them are never equal.
function hasInvalidDate(value: unknown): boolean {
  return inspect(value, { depth: null }).includes('Invalid Date');
}

function tryParse(text: string): WireValue | undefined {
  try {
    return JSON.parse(text) as WireValue;
  } catch {
    // Not JSON any more: the frame decoder's business.
    return undefined;
  }
}

/** The value, or whether it was refused as it should be. */
function tryDecode(json: WireValue, binary: readonly Uint8Array[]): { readonly value: unknown } | 'refused' {
  try {
    return { value: decodeValue({ json, binary }) };
  } catch (error) {
    if (error instanceof TypeError) return 'refused';
    throw error;
  }
}

describe('decodeValue', () => {
  it('makes of any JSON either a value that can be sent again, or a TypeError', () => {
    const parts = [new Uint8Array([104, 105]), new Uint8Array(16), new Uint8Array([0xff])];
    const isSendable = fc.property(wireValue, (json) => {
      const made = tryDecode(json, parts);
      if (made === 'refused' || hasInvalidDate(made.value)) return true;
      return isDeepStrictEqual(decodeValue(encodeValue(made.value)), made.value);
    });
    expect(fc.check(isSendable, { seed: 1, numRuns: 5_000 })).toMatchObject({ failed: false });
  });

  it('makes of damaged marks a value or a TypeError, and touches no prototype', () => {
    const change = fc.constantFrom('"', '[', '}', '0', '$', ',', '-', 'e');
    const isHarmless = fc.property(carried, fc.nat(), change, (value, place, damage) => {
      const { json, binary } = encodeValue(value);
      const text = JSON.stringify(json);
      const at = place % text.length;
      const damaged = tryParse(text.slice(0, at) + damage + text.slice(at + 1));
      if (damaged !== undefined) tryDecode(damaged, binary);
      return Object.keys(Object.prototype).length === 0;
    });
    expect(fc.check(isHarmless, { seed: 1, numRuns: 1_000 })).toMatchObject({ failed: false });
  });

  const bytes = [new Uint8Array(8)];
  it.each<[string, WireValue]>([
    ['an unknown mark', { $: ['Function', 'return 1'] }],
    ['a mark with a neighbour', { $: ['undefined'], a: 1 }],
    ['a mark that is no list', { $: 'Date' }],
    ['an empty mark', { $: [] }],
    ['a number that JSON has a word for', { $: ['number', '1'] }],
    ['a bigint in hexadecimal', { $: ['bigint', '0x10'] }],
    ['a bigint of nothing', { $: ['bigint', ''] }],
    ['a bigint of a million digits', { $: ['bigint', '9'.repeat(1_000_000)] }],
    ['a Date of text', { $: ['Date', '2020-01-01'] }],
    ['a Map entry of three', { $: ['Map', [[1, 2, 3]]] }],
    ['an Error without a message', { $: ['Error', { name: 'Error' }] }],
    ['text in a part that is not there', { $: ['text', 1] }],
    ['text in a part before the first', { $: ['text', -1] }],
    ['text in a part and a half', { $: ['text', 0.5] }],
    ['a part named by text', { $: ['text', 'length'] }],
    ['bytes of an unknown kind', { $: ['bytes', 'Buffer', 0] }],
    ['bytes of a kind named __proto__', { $: ['bytes', '__proto__', 0] }],
  ])('refuses %s', (_, json) => {
    expect(() => decodeValue({ json, binary: bytes })).toThrow(TypeError);
  });

  it('refuses bytes whose length does not fit their kind', () => {
    const json = { $: ['bytes', 'Float64Array', 0] };
    expect(() => decodeValue({ json, binary: [new Uint8Array(7)] })).toThrow(TypeError);
  });

  it('refuses text that is not UTF-8', () => {
    expect(() => decodeValue({ json: { $: ['text', 0] }, binary: [new Uint8Array([0xc3, 0x28])] })).toThrow(TypeError);
  });

  it.each(['text', 'bytes'])('takes each part once, so that marks cannot multiply it: %s', (kind) => {
    const mark = { $: kind === 'text' ? ['text', 0] : ['bytes', 'Uint8Array', 0] };
    expect(() => decodeValue({ json: [mark, mark], binary: bytes })).toThrow(/was taken/);
  });

  it('refuses so many numbers in Sets and Maps that colliding ones would stop the host', () => {
    const set = (offset: number): WireValue => ({
      $: ['Set', Array.from({ length: 2_100 }, (_, index) => index + offset)],
    });
    expect(() => decodeValue({ json: [set(0), set(5_000)], binary: [] })).toThrow(/4096 numbers/);
    const texts = Array.from({ length: 5_000 }, (_, index) => [String(index * 16_384), 0]);
    expect(() => decodeValue({ json: { $: ['Map', texts] }, binary: [] })).toThrow(/4096 numbers/);
  });

  it('copies bytes out of the frame', () => {
    const part = new Uint8Array([1, 2]);
    const made = decodeValue({ json: { $: ['bytes', 'Uint8Array', 0] }, binary: [part] });
    part[0] = 9;
    expect(made).toStrictEqual(new Uint8Array([1, 2]));
  });
});

describe('what takes long to make', () => {
  it('is bounded in each message: digits of long bigints, and errors', () => {
    const digits = '9'.repeat(30_000);
    const list = (count: number, mark: readonly unknown[]): EncodedValue => ({
      json: Array.from({ length: count }, () => ({ $: mark })) as WireValue,
      binary: [],
    });
    expect(decodeValue(list(2, ['bigint', digits]))).toHaveLength(2);
    expect(() => decodeValue(list(3, ['bigint', digits]))).toThrow('more than 65536 digits of bigint');
    expect(decodeValue(list(5_000, ['bigint', '12345678901234567890']))).toHaveLength(5_000);
    expect(decodeValue(list(1_000, ['Error', { name: 'E', message: 'm' }]))).toHaveLength(1_000);
    expect(() => decodeValue(list(1_001, ['Error', { name: 'E', message: 'm' }]))).toThrow('more than 1000 errors');
  });

  it('is refused by the encoder before it is sent', () => {
    expect(() => encodeValue(Array.from({ length: 3 }, () => 10n ** 30_000n))).toThrow(
      'more than 65536 digits of bigint',
    );
    expect(() => encodeValue(Array.from({ length: 1_001 }, () => new Error('m')))).toThrow('more than 1000 errors');
  });

  it('leaves the limit of stack traces as it was', () => {
    const before = Error.stackTraceLimit;
    const error = decodeValue({ json: { $: ['Error', { name: 'E', message: 'm' }] }, binary: [] });
    expect([Error.stackTraceLimit, (error as Error).stack]).toEqual([before, 'E: m']);
  });
});
