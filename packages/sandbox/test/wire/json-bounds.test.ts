import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { isPlainName } from '../../src/wire/escaped-names.js';
import { exceedsJsonBounds } from '../../src/wire/json-bounds.js';
import { DEFAULT_WIRE_LIMITS } from '../../src/wire/limits.js';

const small = { maxDepth: 4, maxElements: 50 };
const encoder = new TextEncoder();

function check(json: string, limits: { maxDepth: number; maxElements: number } = small): string | undefined {
  return exceedsJsonBounds(encoder.encode(json), limits);
}

describe('JSON bounds', () => {
  it.each<[string, string, string | undefined]>([
    ['plain data', '{"a":[1,2,{"b":null}]}', undefined],
    ['brackets and commas in text', JSON.stringify('[,:{'.repeat(1_000)), undefined],
    ['quotes in text', JSON.stringify('",[\\"'.repeat(1_000)), undefined],
    ['text that ends with backslashes', `["${'\\\\'.repeat(999)}",[],"\\\\\\""]`, undefined],
    ['an escape in text', String.raw`["a\n",{"a":"\n"},"\\"]`, undefined],
    ['an escape in a name', String.raw`{"a":{"b\n":0}}`, 'a name with an escape'],
    ['an escape in a name, and spaces', '{"\\u0061"\n\t :0}', 'a name with an escape'],
    ['an open string', '["[[[[[[[[[[[[[[[[[[[[[[[[[[[', undefined],
    ['too deep', '['.repeat(25), 'more than 4 levels'],
    ['too many elements', `[${'0,'.repeat(101)}0]`, 'more than 50 elements'],
    ['too many members', `{${'"a":0,'.repeat(51)}"a":0}`, 'more than 50 elements'],
  ])('%s', (_, json, excess) => {
    expect(check(json)).toBe(excess);
  });

  it.each<[string, string, string]>([
    ['a million brackets', '['.repeat(1_000_000), 'more than 64 levels'],
    ['600 000 keys', `{${'"k":1,'.repeat(600_000)}"k":1}`, 'more than 200000 elements'],
    ['8 MB of empty lists', `[${'[],'.repeat(2_666_666)}[]]`, 'more than 200000 elements'],
  ])('ends at %s', (_, json, excess) => {
    expect(check(json, DEFAULT_WIRE_LIMITS)).toBe(excess);
  });

  it('counts what JSON.parse would make, whatever the text', () => {
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, member) => sum + 1 + count(member), 0)
        : 0;
    const namesIn = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, member]) => [name, ...namesIn(member)])
        : [];
    const isBounded = fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const excess = check(JSON.stringify(value), { maxDepth: 64, maxElements: 20 });
      if (excess === 'a name with an escape') return !namesIn(value).every(isPlainName);
      return count(value) > 40 ? excess !== undefined : count(value) > 13 || excess === undefined;
    });
    expect(fc.check(isBounded, { seed: 1, numRuns: 500 })).toMatchObject({ failed: false });
  });
});
