import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCovered, matches, parsePattern } from '../src/topic-pattern.js';
import type { TopicPattern } from '../src/topic-pattern.js';
import { pattern, topic } from './arbitraries.js';

function parse(text: string): TopicPattern {
  const parsed = parsePattern(text);
  if (parsed === undefined) throw new Error(`${text} is no pattern`);
  return parsed;
}

/** What a pattern means, said in another way: a regular expression over `.a.b`. */
function asRegExp(text: string): RegExp {
  const parts = text.split('.').map((segment) => {
    if (segment === '**') return String.raw`(?:\.[^.]+)*`;
    return segment === '*' ? String.raw`\.[^.]+` : String.raw`\.${segment}`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

function topicsOf(names: readonly string[], longest: number): string[][] {
  const all: string[][] = [];
  let last: string[][] = [[]];
  for (let length = 1; length <= longest; length += 1) {
    last = last.flatMap((start) => names.map((name) => [...start, name]));
    all.push(...last);
  }
  return all;
}

describe('a topic pattern', () => {
  it.each(['', 'a.*b', '***', 'a..*', '*.', '__proto__.*', 'constructor.**', 'a.**.b.**.**', '*\n', 'A.*', 7, null])(
    'M02: is not %j',
    (value) => {
      expect(parsePattern(value)).toBe(undefined);
    },
  );

  it.each([
    ['a.*', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.b.c', false],
    ['a.**', 'a', true],
    ['a.**', 'a.b.c', true],
    ['a.**', 'ab', false],
    ['**.c', 'a.b.c', true],
    ['**.c', 'c', true],
    ['a.**.c', 'a.c', true],
    ['a.**.b.**', 'a.x.b.y', true],
    ['*', 'a', true],
    ['*', 'a.b', false],
    ['a.b', 'a.b', true],
  ])('%s matches %s: %s', (text, name, expected) => {
    expect(matches(parse(text).segments, name.split('.'))).toBe(expected);
  });

  it('matches as the regular expression of the same meaning does', () => {
    fc.assert(
      fc.property(pattern, topic, (text, segments) => {
        expect(matches(text.split('.'), segments)).toBe(asRegExp(text).test(`.${segments.join('.')}`));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it.each([
    ['a.b', ['a.*'], true],
    ['a.*', ['a.b'], false],
    ['a.*', ['a.**'], true],
    ['a.**', ['a.*'], false],
    ['**', ['a.**'], false],
    ['a.**', ['**'], true],
    ['*.b', ['a.b'], false],
    ['a.**', ['a', 'a.*.**'], true], // Only both together.
    ['a.**', ['a', 'a.*'], false],
    ['**.a', ['a.**'], false],
    ['a.b', [], false],
  ])('%s is covered by %j: %s', (text, rules, expected) => {
    expect(isCovered(parse(text), rules.map(parse))).toBe(expected);
  });

  it('is covered exactly where the rules match each topic that it matches', () => {
    // `z` is in no pattern, so these are topics of every shape that a pattern of `a`, `*` and `**` can tell apart.
    const topics = topicsOf(['a', 'z'], 8);
    const ofA = pattern.map((text) => text.replaceAll(/[bc]/g, 'a'));
    fc.assert(
      fc.property(ofA, fc.array(ofA, { maxLength: 4 }), (text, rules) => {
        const inside = topics.filter((segments) => matches(text.split('.'), segments));
        const expected = inside.every((segments) => rules.some((rule) => matches(rule.split('.'), segments)));
        expect(isCovered(parse(text), rules.map(parse))).toBe(expected);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('is compared in bounded time, whatever it is', () => {
    const worst = parse('**.*.*.**.*.*');
    const started = performance.now();
    isCovered(
      worst,
      Array.from({ length: 256 }, () => parse('**.a.*.**.b.a')),
    );
    expect(performance.now() - started).toBeLessThan(500);
  });
});
