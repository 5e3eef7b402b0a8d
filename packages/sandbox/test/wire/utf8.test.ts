import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToUtf8, utf8Length } from '../../src/wire/utf8.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');
const anyText = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '\ud800', '\udc00'), maxLength: 200 }),
);

describe('the length of text in UTF-8', () => {
  it.each([
    ['', 0],
    ['hello', 5],
    ['€', 3],
    ['😀', 4],
    ['\ud800', 3],
    ['a'.repeat(1_000), 1_000],
    ['ä'.repeat(1_000), 2_000],
  ])('of %o is %i', (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes);
  });

  it('is what an encoder makes of any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8Length(text)).toBe(bytesOf(text));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('text that is cut', () => {
  it.each([
    ['a€', 3, 'a'],
    ['a€', 4, 'a€'],
    ['😀', 3, ''],
    ['abc', 0, ''],
    ['abc', -1, ''],
    ['abc', Number.POSITIVE_INFINITY, 'abc'],
  ])('%o at %d is %o', (text, most, kept) => {
    expect(cutToUtf8(text, most)).toBe(kept);
  });

  it('is the longest beginning that fits, and splits no character', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 300 }), (text, most) => {
        const kept = cutToUtf8(text, most);
        expect(text.startsWith(kept)).toBe(true);
        expect(bytesOf(kept)).toBeLessThanOrEqual(most);
        const next = String.fromCodePoint(text.codePointAt(kept.length) ?? 0x61);
        expect(kept === text || bytesOf(kept + next) > most).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
