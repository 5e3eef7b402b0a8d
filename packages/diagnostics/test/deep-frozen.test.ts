import { describe, expect, it } from 'vitest';
import { isDeepFrozen } from '../src/deep-frozen.js';

const { freeze } = Object;
const deep = (levels: number): object => (levels === 0 ? freeze({}) : freeze([deep(levels - 1)]));

describe('data that cannot change', () => {
  it.each<[string, unknown, boolean]>([
    ['numbers and texts', freeze([1, 'a', null, undefined, true]), true],
    ['frozen records in frozen lists', freeze([freeze({ a: freeze([]) })]), true],
    ['a frozen record without a prototype', freeze(Object.assign(Object.create(null), { a: 1 })), true],
    ['a record', {}, false],
    ['a list in a frozen record', freeze({ a: [] }), false],
    ['a record behind a symbol', freeze({ [Symbol('a')]: {} }), false],
    [
      'a getter',
      freeze({
        get a() {
          return 1;
        },
      }),
      false,
    ],
    ['a function', freeze({ a: () => 1 }), false],
    ['a proxy', new Proxy(freeze({}), {}), false],
    ['a date', freeze(new Date()), false],
    ['a map', freeze(new Map()), false],
    ['what has a class', freeze(Object.create({})), false],
    ['twelve levels', deep(12), true],
    ['more levels than are looked at', deep(40), false],
  ])('%s', (_, value, expected) => {
    const known = new WeakSet<object>();
    // The second time it is recalled.
    expect([isDeepFrozen(value, known), isDeepFrozen(value, known)]).toEqual([expected, expected]);
  });

  it('that holds itself is looked at once', () => {
    const ring: { next?: object } = {};
    ring.next = ring;
    expect(isDeepFrozen(freeze(ring), new WeakSet())).toBe(false);
  });
});
