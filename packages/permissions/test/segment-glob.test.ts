import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { Minimatch } from 'minimatch';
import { describe, expect, it } from 'vitest';
import { compileSegmentGlob, matchesSegments, mayMatchBelow } from '../src/segment-glob.js';

const matches = (glob: string, path: string): boolean =>
  matchesSegments(compileSegmentGlob(glob.split('/')), path.split('/'));

describe('globs over segments', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['*', '.a', true],
    ['a*', 'a', true],
    ['*.ts', '.ts', true],
    ['*a*a', 'aa', true],
    ['*a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['?', '\u{1F600}', false],
    ['??', '\u{1F600}', true],
    ['*?b*', 'bb', true],
    ['*?b*', 'b', false],
    ['**', 'a/b', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['**/b/**/c', 'a/b/b/c', true],
    ['**/a', 'b/aa', false],
  ])('%s on %s → %s', (glob, path, matched) => {
    expect(matches(glob, path)).toBe(matched);
  });

  it('decides as minimatch does, with dot on and all but stars and question marks off', () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', '.', 'c'), { minLength: 1, maxLength: 5 })
      .map((all) => all.join(''));
    const path = fc.array(
      name.filter((text) => text !== '.' && text !== '..'),
      { minLength: 1, maxLength: 5 },
    );
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '.', '*', '?'), { minLength: 1, maxLength: 5 })
      .map((all) => all.join('').replaceAll(/\*+/g, '*'))
      .filter((text) => text !== '.' && text !== '..');
    const glob = fc.array(fc.oneof(pattern, fc.constant('**')), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(glob, path, (segments, names) => {
        const reference = new Minimatch(segments.join('/'), {
          dot: true,
          nobrace: true,
          noext: true,
          nonegate: true,
          nocomment: true,
          platform: 'linux',
        });
        // A closing `**` of minimatch is at least one segment; rules say so with a `*` of their own.
        const closed = segments.at(-1) === '**' && segments.length > 1 ? [...segments, '*'] : segments;
        expect(matchesSegments(compileSegmentGlob(closed), names)).toBe(reference.match(names.join('/')));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it.each([
    ['**/a/ many times', `${'**/a/'.repeat(12)}b`, `${'a/'.repeat(127)}c`],
    ['*a many times', '*a'.repeat(25), `${'a'.repeat(254)}b`],
    ['a literal in the middle', `**/*${'a'.repeat(120)}b*`, Array(15).fill('a'.repeat(255)).join('/')],
    ['a long run behind **', `**/${'a/'.repeat(60)}b`, `${'a/'.repeat(127)}c`],
    ['stars behind **', `**/${'*/'.repeat(60)}b`, `${'a/'.repeat(127)}c`],
  ])('answers for %s in under 5 ms', (_, glob, path) => {
    const compiled = compileSegmentGlob(glob.split('/'));
    const names = path.split('/');
    // The best of five: other processes may hold the processor in one.
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(matchesSegments(compiled, names)).toBe(false);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });
});

describe('what lies below', () => {
  it.each([
    ['a/b', 'a', true],
    ['a/b', 'a/b', false],
    ['a/b', 'b', false],
    ['a/*', 'a', true],
    ['*/b', 'a', true],
    ['a/**/*', 'a', true],
    ['a/**/*', 'a/b', false],
    ['**/.git/config', 'x/.git', true],
    ['**/.git/config', 'x', false],
    ['a/**/b/c', 'a/x/b', true],
  ])('%s below %s → %s', (glob, path, expected) => {
    expect(mayMatchBelow(compileSegmentGlob(glob.split('/')), path.split('/'))).toBe(expected);
  });
});
