import { describe, expect, it } from 'vitest';
import { encodeValue } from '../../src/wire/encode-value.js';
import { measureValue, outputCost, sendableFields } from '../../src/wire/output-budget.js';

describe('the cost of output', () => {
  it.each<[string, string, Record<string, unknown>, number]>([
    ['an empty line', '', {}, 16],
    ['a line', 'hello', {}, 21],
    ['text that is no ASCII', 'ä€😀', {}, 16 + 2 + 3 + 4],
    ['fields', '', { a: 1 }, 16 + '{"a":1}'.length],
    [
      'bytes in fields',
      '',
      { a: new Uint8Array(1_000_000) },
      1_000_016 + '{"a":{"$":["bytes","Uint8Array",0]}}'.length,
    ],
    ['long text in fields', '', { a: 'x'.repeat(20_000) }, 20_016 + '{"a":{"$":["text",0]}}'.length],
  ])('of %s', (_, text, fields, cost) => {
    expect(outputCost(text, fields)).toBe(cost);
  });

  it('is counted in bytes of UTF-8', () => {
    expect(measureValue(encodeValue(['€']))).toBe(7);
  });
});

describe('fields of a log line', () => {
  const cycle: Record<string, unknown> = {};
  cycle['cycle'] = cycle;

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a cycle', cycle, /a cycle at \/cycle/],
    ['a function', { f: () => 1 }, /a function at \/f/],
    ['16 KiB', { text: 'x'.repeat(17_000) }, /fields of 170\d\d bytes; 16384 are kept/],
    ['16 KiB of bytes', { raw: new Uint8Array(17_000) }, /fields of 170\d\d bytes/],
    [
      'a getter that throws',
      Object.defineProperty({}, 'bad', { enumerable: true, get: () => Reflect.apply(String.raw, undefined, []) }),
      /Cannot/,
    ],
    ['a proxy that throws', new Proxy({}, { ownKeys: () => Reflect.ownKeys(1 as never) }), /Reflect.ownKeys/],
  ])('that cannot be sent are told instead: %s', (_, fields, reason) => {
    expect(sendableFields(fields)).toEqual({ unsendable: expect.stringMatching(reason) });
  });

  it('that can be sent stay as they are', () => {
    const fields = { a: 1, when: new Date(0) };
    expect(sendableFields(fields)).toEqual(fields);
  });
});
