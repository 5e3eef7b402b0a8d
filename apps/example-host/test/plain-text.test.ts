import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainLine, plainText } from '../src/plain-text.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

describe('text of a guest', () => {
  it.each([
    ['plain words, ünïcode and \u{1f600}', 'plain words, ünïcode and \u{1f600}'],
    ['\u001b[2J\u001b[31mred', String.raw`\u{1b}[2J\u{1b}[31mred`],
    ['over\rwritten\u0007', String.raw`over\u{d}written\u{7}`],
    ['\u202egnp.exe', String.raw`\u{202e}gnp.exe`],
    ['\u009b31m', String.raw`\u{9b}31m`],
    ['half \ud800 a character', 'half \ufffd a character'],
    ['two\nlines', 'two\nlines'],
  ])('%j is shown as %j', (text, shown) => {
    expect(plainText(text)).toBe(shown);
  });

  it('is one line of a given width', () => {
    expect(plainLine('one\n[INFO] forged', 80)).toBe(String.raw`one\n[INFO] forged`);
    expect(plainLine('0123456789', 8)).toBe('01234...');
  });

  it('has no control character left, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, maxLength: 100 }), fc.nat(80), (text, width) => {
        const shown = plainLine(text, width);
        expect(shown).not.toMatch(/\p{Cc}/u);
        expect(shown.length).toBeLessThanOrEqual(Math.max(width, 3));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
