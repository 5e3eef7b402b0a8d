import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReserved, parseTopic, showTopic } from '../src/topic.js';

describe('a topic', () => {
  it.each(['a', 'report.done', 'a.b.c.d.e.f.g.h', 'a1.b_c.d-e', '0', 'host.started', `a${'b'.repeat(255)}`])(
    'may be %s',
    (text) => {
      expect(parseTopic(text)).toEqual(text.split('.'));
    },
  );

  it.each([
    ['nothing', ''],
    ['a prototype', '__proto__'],
    ['a prototype below', 'a.__proto__'],
    ['a constructor', 'constructor'],
    ['a constructor below', 'a.constructor.b'],
    ['a prototype by name', 'a.prototype'],
    ['a wildcard', '*'],
    ['a deep wildcard', 'a.**'],
    ['a line break at the end', 'a.b\n'],
    ['a line break inside', 'a\nb'],
    ['capitals', 'Report.done'],
    ['an empty segment', 'a..b'],
    ['a dot at the end', 'a.'],
    ['a dot at the start', '.a'],
    ['a space', 'a b'],
    ['nine segments', 'a.b.c.d.e.f.g.h.i'],
    ['257 characters', 'a'.repeat(257)],
    ['10 kB', 'a.'.repeat(5000)],
    ['NUL', 'a\0'],
    ['letters that look alike', 'ɑ.b'],
    ['a number', 7],
    ['an object that says a topic', { toString: () => 'a.b' }],
    ['a String object', new String('a.b')],
    ['an array of one', ['a.b']],
    ['undefined', undefined],
  ])('M02: is not %s', (_, value) => {
    expect(parseTopic(value)).toBe(undefined);
  });

  it('is text of the grammar and nothing else, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '.', '-', '_', '*', 'A') })), (text) => {
        const segments = parseTopic(text) ?? [];
        expect(segments.every((segment) => /^[a-z0-9][a-z0-9_-]*$/.test(segment))).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([
    ['host', true],
    ['host.started', true],
    ['runtime.x', true],
    ['hosts.x', false],
    ['a.host', false],
  ])("%s is the host's own: %s", (text, reserved) => {
    expect(isReserved(text.split('.'))).toBe(reserved);
  });

  it('is shown short and on one line', () => {
    expect(showTopic(`a\n\u202e${'x'.repeat(1000)}`)).toBe(`a\u{FFFD}\u{FFFD}${'x'.repeat(61)}…`);
    expect(showTopic({})).toBe('(object)');
  });
});
