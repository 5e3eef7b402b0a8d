import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fractionOf, jsonText, plainLine, plainName, plainText } from '../src/plain-text.js';
import { hostileText, OBEYED, RUNS } from './hostile-text.js';

describe('text of a plugin', () => {
  it.each([
    ['a\nb', 'a\nb', String.raw`a\nb`],
    ['a\r\nb\rc', 'a\nb\nc', String.raw`a\nb\nc`],
    ['\u001b[31mred', String.raw`\u{1b}[31mred`, String.raw`\u{1b}[31mred`],
    ['\u202egnp.exe', String.raw`\u{202e}gnp.exe`, String.raw`\u{202e}gnp.exe`],
    ['\ud800x', '\ufffdx', '\ufffdx'],
    ['日本 \u{1f600} é', '日本 \u{1f600} é', '日本 \u{1f600} é'],
  ])('%j is shown', (text, shown, line) => {
    expect([plainText(text), plainLine(text)]).toEqual([shown, line]);
  });

  it('holds nothing that is obeyed, whatever it was', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(plainText(text).replaceAll('\n', '')).not.toMatch(OBEYED);
        expect(plainLine(text)).not.toMatch(OBEYED);
        expect(plainName(text)).not.toMatch(OBEYED);
      }),
      RUNS,
    );
  });

  it('is cut, and says by how much', () => {
    expect(plainText('x'.repeat(16_385))).toBe(`${'x'.repeat(16_384)}… (1 more characters)`);
    expect(plainName('x'.repeat(200))).toBe(`${'x'.repeat(128)}… (72 more characters)`);
    expect(plainText('\u0000'.repeat(1e6)).length).toBeLessThan(100_000);
    // A pair that is cut in two.
    expect(plainText(`${'x'.repeat(16_383)}\u{1f600}`)).toBe(`${'x'.repeat(16_383)}\ufffd… (1 more characters)`);
  });
});

describe('JSON of a plugin', () => {
  it('is the same value, in characters that nothing obeys', () => {
    fc.assert(
      fc.property(fc.record({ key: hostileText, list: fc.array(hostileText, { maxLength: 3 }) }), (value) => {
        const text = jsonText(value);
        expect(text).not.toMatch(OBEYED);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      RUNS,
    );
  });

  it.each([
    [undefined, 'null'],
    [() => 1, 'null'],
    [1n, '"(a value that is not JSON)"'],
    [cycle(), '"(a value that is not JSON)"'],
    [{ toJSON: () => '\u001b' }, String.raw`"\u001b"`],
    ['x'.repeat(70_000), '"… 70002 characters of JSON, more than the 65536 that are shown"'],
  ])('of %s is text all the same', (value, text) => {
    expect(jsonText(value)).toBe(text);
  });
});

describe('a fraction', () => {
  it.each([
    [0.5, 0.5],
    [-1, 0],
    [7, 1],
    [Number.POSITIVE_INFINITY, 1],
    [Number.NaN, undefined],
    [undefined, undefined],
  ])('%s counts as %s', (fraction, counted) => {
    expect(fractionOf(fraction)).toBe(counted);
  });
});

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}
