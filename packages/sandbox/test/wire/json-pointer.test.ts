import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendPointer, parsePointer, resolvePointer } from '../../src/wire/json-pointer.js';

const value = { 'a/b': { 'c~d': [10, { '': 'empty' }] }, '~1': 'escaped twice', list: [1, 2] };

describe('a JSON pointer', () => {
  it.each<[string, unknown]>([
    ['', value],
    ['/a~1b/c~0d/0', 10],
    ['/a~1b/c~0d/1/', 'empty'],
    ['/~01', 'escaped twice'],
    ['/list/1', 2],
    ['/list/2', undefined],
    ['/list/01', undefined],
    ['/list/-', undefined],
    ['/list/length', undefined],
    ['/toString', undefined],
    ['/__proto__', undefined],
    ['/constructor/prototype', undefined],
    ['/a~1b/c~0d/0/toFixed', undefined],
    ['/missing/deeper', undefined],
  ])('%j finds %j', (pointer, found) => {
    expect(resolvePointer(value, parsePointer(pointer))).toEqual(found);
  });

  it('goes into plain data alone', () => {
    for (const other of ['text', 7, null, undefined, new Map([['a', 1]]), new Uint8Array([1]), new Error('a')])
      expect(resolvePointer(other, ['0'])).toBeUndefined();
    expect(resolvePointer(new Error('a'), ['message'])).toBeUndefined();
    expect(resolvePointer(JSON.parse('{"__proto__":1}'), ['__proto__'])).toBe(1);
  });

  it.each(['a', 'a/b', ' /a'])('is not %j', (text) => {
    expect(() => parsePointer(text)).toThrow(TypeError);
  });

  it('finds each member again that it was made from', () => {
    const keys = fc.array(fc.string(), { maxLength: 6 });
    const isFound = fc.property(keys, (path) => {
      const nested = path.reduceRight<unknown>(
        (inner, key) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(inner)}}`),
        'x',
      );
      const pointer = path.reduce(extendPointer, '');
      expect(resolvePointer(nested, parsePointer(pointer))).toBe('x');
    });
    fc.assert(isFound, { seed: 1, numRuns: 300 });
  });
});
