import { describe, expect, it } from 'vitest';
import { foldForAllow, foldForDeny } from '../src/fold-name.js';

/** Every character that has another case. */
function* casedCharacters(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    if (character.toUpperCase() !== character || character.toLowerCase() !== character) yield character;
  }
}

/** The same letter as a volume that ignores case, or forms, may have it. */
function spellings(character: string): readonly string[] {
  const cases = [character, character.toUpperCase(), character.toLowerCase(), character.toLowerCase().toUpperCase()];
  return cases.flatMap((text) => [text, text.normalize('NFD'), text.normalize('NFC'), text.normalize('NFKD')]);
}

describe('folding for rules that deny', () => {
  it.each(['darwin', 'win32'] as const)('makes all cases and forms of every letter equal on %s', (platform) => {
    const fold = foldForDeny(platform);
    const differing: string[] = [];
    let count = 0;
    for (const character of casedCharacters()) {
      count += 1;
      const folded = fold(character);
      if (fold(folded) !== folded || spellings(character).some((text) => fold(text) !== folded))
        differing.push(character);
    }
    expect(differing).toEqual([]);
    expect(count).toBeGreaterThan(2_500);
  });

  it('changes nothing where names are bytes', () => {
    for (const text of ['É', 'ẞ', 'e\u0301', 'p\u200cq']) expect(foldForDeny('linux')(text)).toBe(text);
  });
});

describe('folding for rules that allow', () => {
  it('folds the two forms of a letter on darwin, and nothing else anywhere', () => {
    expect(foldForAllow('darwin')('e\u0301')).toBe('é');
    for (const text of ['É', 'ﬁ', 'ß', 'p\u200cq']) {
      for (const platform of ['darwin', 'linux', 'win32'] as const) expect(foldForAllow(platform)(text)).toBe(text);
    }
    expect(foldForAllow('win32')('e\u0301')).toBe('e\u0301');
  });
});
