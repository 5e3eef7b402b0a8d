import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPath, parsePathGlob } from '../src/path-glob.js';

function matches(glob: string, path: string): boolean {
  const parsed = parsePathGlob(glob);
  if (typeof parsed === 'string') throw new Error(parsed);
  return matchesPath(parsed, path);
}

describe('globs over paths', () => {
  it.each([
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['*.md', '.md', true],
    ['*.md', 'a.md.txt', false],
    ['a/**', 'a', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'ab', false],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/x/y/c', true],
    ['**/c', 'c', true],
    ['**/*.md', 'a/b.md', true],
    ['?', 'é', true],
    ['?', '', false],
    ['a?c', 'a/c', false],
    ['reports', 'reports/a', false],
    ['[a]{b}(c)!', '[a]{b}(c)!', true],
    ['[ab]', 'a', false],
    ['!a', 'b', false],
    ['A', 'a', false],
    ['**/a/**/b', 'a/x/a/b/y/b', true],
    ['**/a/**/b', 'a/x/a/b/y', false],
  ])('%s on %s: %s', (glob, path, expected) => {
    expect(matches(glob, path)).toBe(expected);
  });

  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    './a',
    'a/..',
    'a**',
    '**a/b',
    'a\\b',
    'a:b',
    'a\0',
    '\ud800',
    'x'.repeat(1_025),
    'a/'.repeat(32) + 'a',
    7,
    null,
    ['a'],
  ])('refuses %j', (glob) => {
    expect(typeof parsePathGlob(glob)).toBe('string');
  });

  it('says what a slow and simple matcher says', () => {
    const part = fc.constantFrom('a', 'b', '*', '?', 'a*', '*b', '**', 'a?*b');
    const segment = fc.constantFrom('a', 'b', 'ab', 'aab', 'abb', 'ba');
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.array(segment, { minLength: 1, maxLength: 6 }),
        (parts, segments) => {
          expect(matches(parts.join('/'), segments.join('/'))).toBe(simply(parts, segments));
        },
      ),
      { seed: 1, numRuns: 5000 },
    );
  });

  it.each([
    ['stars in a segment', '*a'.repeat(500), 'a'.repeat(1_000) + 'b'],
    ['question marks and stars', '*?'.repeat(500), 'a'.repeat(300)],
    ['whole segments of stars', '**/a/'.repeat(15) + 'b', Array(500).fill('a').join('/')],
    ['both', Array(15).fill('**/*a*a*a').join('/') + '/b', Array(30).fill('a'.repeat(30)).join('/')],
  ])('takes no longer for hostile patterns: %s', (_, glob, path) => {
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) matches(glob, path);
    // An exponential matcher would not come back at all.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

function simply(glob: readonly string[], path: readonly string[]): boolean {
  const [part, ...rest] = glob;
  if (part === undefined) return path.length === 0;
  if (part === '**') return path.some((_, place) => simply(rest, path.slice(place))) || simply(rest, []);
  const [segment, ...others] = path;
  const source = part.replaceAll('*', '.*').replaceAll('?', '.');
  return segment !== undefined && new RegExp(`^${source}$`).test(segment) && simply(rest, others);
}
