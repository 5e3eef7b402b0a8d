import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiteralScan } from '../src/literal-scan.js';

function placesOf(texts: readonly string[], within: string, exact = true): readonly string[] {
  const places: string[] = [];
  const scan = new LiteralScan(texts.map((text, id) => ({ text, id, exact })));
  scan.run(within, (id, start) => places.push(`${texts[id]} at ${start}`));
  return places.toSorted();
}

describe('a scan for literals', () => {
  it('tells each place of each, in any case, also where they overlap', () => {
    expect(placesOf(['aba', 'bab', '://', '漢字漢'], 'aBABa http://x 漢字漢字漢')).toEqual([
      ':// at 10',
      'aba at 0',
      'aba at 2',
      'bab at 1',
      '漢字漢 at 15',
      '漢字漢 at 17',
    ]);
  });

  it('misses none in a long text, wherever it stands', () => {
    const texts = ['eyJ', '://', '漢字漢', 'AGE-SECRET'];
    for (const text of texts) {
      for (const place of [0, 1, 2, 3, 1500, 1501]) {
        for (const tail of ['', 'x', 'xx']) {
          const within = `${' '.repeat(place)}${text}${tail}${place < 1500 ? ' '.repeat(1500) : ''}`;
          expect(placesOf(texts, within)).toEqual([`${text} at ${place}`]);
        }
      }
    }
  });

  it('misses none', () => {
    const character = fc.constantFrom(...'abcABC019_-/:. é漢\u0000\u007f\ud800');
    const literal = fc.string({ unit: character, minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.uniqueArray(literal, { maxLength: 5 }),
        fc.string({ unit: character, maxLength: 60 }).map((text) => (text.length % 3 === 0 ? text.repeat(60) : text)),
        (texts, text) => {
          const there = texts.flatMap((wanted) =>
            Array.from({ length: text.length }, (_, start) => start)
              .filter((start) => text.startsWith(wanted, start))
              .map((start) => `${wanted} at ${start}`),
          );
          const told = new Set(placesOf(texts, text));
          expect(there.filter((place) => !told.has(place))).toEqual([]);
        },
      ),
      { seed: 1, numRuns: 3000 },
    );
  });
});
