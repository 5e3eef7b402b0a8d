import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { Minimatch } from 'minimatch';
import { describe, expect, it } from 'vitest';
import { parseArgumentPattern } from '../src/argument-pattern.js';

function matches(pattern: string, argument: string): boolean {
  const parsed = parseArgumentPattern(pattern);
  return parsed.ok && parsed.rule(argument);
}

describe('the pattern of an argument', () => {
  it.each<[string, string, boolean]>([
    ['log', 'log', true],
    ['log', 'Log', false],
    ['', '', true],
    ['*', '', true],
    ['*', 'a b/c\nd', true],
    ['*', '-x', false],
    ['*', '--upload-pack=touch x', false],
    ['?', '-', false],
    ['*', '@options', false],
    ['*.c', '@options.c', false],
    ['*@*', 'a@b', true],
    ['@*', '@options', true],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['*-x', '-x', false],
    ['*-x', 'a-x', true],
    ['-?', '-n', true],
    ['-*', '--upload-pack=x', true],
    ['--depth=*', '--depth=-5', true],
    ['--depth=*', '--depth', false],
    ['a*b', 'ab', true],
    ['a*b', 'axxb', true],
    ['a*b', 'axxbc', false],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*.md', 'x.md', true],
    ['*.md', '.md', true],
    ['a?*', 'a', false],
    ['[a]{b}!(c)', '[a]{b}!(c)', true],
  ])('%j on %j → %s', (pattern, argument, expected) => {
    expect(matches(pattern, argument)).toBe(expected);
  });

  it('agrees with minimatch on what begins with no dash', () => {
    const text = (units: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text('ab*?'), text('abc'), (pattern, argument) => {
        fc.pre(parseArgumentPattern(pattern).ok && !/^[*?]*$/.test(pattern));
        expect(matches(pattern, argument)).toBe(new Minimatch(pattern, { dot: true }).match(argument));
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  it('takes time as the two lengths added up, not multiplied', () => {
    const cost = (size: number): number => {
      const parsed = parseArgumentPattern(`*b${'a'.repeat(1000)}*${'a'.repeat(20)}c*`);
      const argument = `${'a'.repeat(size)}c`;
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        if (parsed.ok) parsed.rule(argument);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    cost(1000);
    expect(cost(131_072)).toBeLessThan(20);
  });
});
