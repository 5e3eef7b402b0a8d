import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSecretShapes, SECRET_SHAPES } from '../src/secret-shapes.js';
import type { TextSpan } from '../src/text-spans.js';

/** What a search from left to right finds, shape by shape, at every place. */
function searchEverywhere(text: string): TextSpan[] {
  return SECRET_SHAPES.flatMap(({ pattern }) =>
    Array.from(text.matchAll(new RegExp(pattern.source, pattern.flags.replace('y', 'g'))), (match) => {
      const kept = match.groups?.['keep']?.length ?? 0;
      return { start: match.index + kept, end: match.index + match[0].length };
    }),
  );
}

function sorted(spans: readonly TextSpan[]): readonly string[] {
  return spans.map(({ start, end }) => `${start}-${end}`).toSorted();
}

const literals = SECRET_SHAPES.flatMap((shape) => shape.literals);
const WORDS = ['PRIVATE KEY-----', '-----END ', 'Lines: ', 'MAC:', 'services/', 'workflows/', 'ord', 'd', 's', ' id'];
const AROUND = ['api', 'access-', 'account_', 'private ', 'live_', 'pat-', 'rt-', 'b-', 'aa_', 'Bearer ', 'digest\t'];
const SIGNS = '=|:| = |": "|\\": \\"|\' : \'|"|\'|\\|\\"|\n|\r| |&|;|@|/|?|.'.split('|');
const VALUES = ['aB3', 'aB3aB3aB3aB3', 'A1B2C3D4E5F6G7H8', '0123456789'];
const FOREIGN = ['\u017f', '\u212a', 'é', '漢', '\ud83d\ude00', '\ud800'];
const parts = [literals, WORDS, AROUND, SIGNS, VALUES, FOREIGN].flat();
const part = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...parts) },
  { weight: 2, arbitrary: fc.constantFrom(...parts).map((text) => text.toUpperCase()) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
);

describe('what holds a secret', () => {
  it('is what a search of every shape at every place finds', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (chosen) => {
        const text = chosen.join('');
        expect(sorted(findSecretShapes(text))).toEqual(sorted(searchEverywhere(text)));
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  it('begins with a literal of its shape', () => {
    for (const { literals: beginnings, pattern } of SECRET_SHAPES) {
      expect(beginnings.every((literal) => literal.length >= 3)).toBe(true);
      expect([pattern.sticky, pattern.global, pattern.lastIndex]).toEqual([true, false, 0]);
    }
  });

  it('is the same where there is so much to look at that everything is searched', () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 200 }),
        (chosen, times) => {
          const text = chosen.join('').repeat(times);
          expect(sorted(findSecretShapes(text))).toEqual(sorted(searchEverywhere(text)));
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });
});
