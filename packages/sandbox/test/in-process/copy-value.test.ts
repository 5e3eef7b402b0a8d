import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyValue } from '../../src/in-process/copy-value.js';
import { createShapes } from '../../src/in-process/shapes.js';
import { decodeValue } from '../../src/wire/decode-value.js';
import { encodeValue } from '../../src/wire/encode-value.js';
import { measureValue } from '../../src/wire/output-budget.js';
import { UnsendableError } from '../../src/wire/wire-value.js';
import { carried, plain } from '../wire/carried-values.js';

type Made =
  | { readonly value: unknown; readonly bytes: number | undefined }
  | { readonly refused: readonly [message: string, path: string, reason: string] };

function made(make: () => { readonly value: unknown; readonly bytes: number | undefined }): Made {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnsendableError) return { refused: [error.message, error.path, error.reason] };
    throw error;
  }
}

const shapes = createShapes();
const copy = (value: unknown): Made => made(() => copyValue(value, { shapes, isMeasured: true, name: undefined }));

function overTheWire(value: unknown): Made {
  return made(() => {
    const encoded = encodeValue(value);
    return { value: decodeValue(encoded), bytes: measureValue(encoded) };
  });
}

function inMessage(value: unknown): readonly [copied: Made, carriedOver: Made] {
  const copied = made(() => {
    const { value: input } = copyValue(value, { shapes, isMeasured: false, name: 'input' });
    return { value: { input }, bytes: undefined };
  });
  const carriedOver = made(() => ({ value: decodeValue(encodeValue({ input: value })), bytes: undefined }));
  return [copied, carriedOver];
}

/** What the wire refuses, put somewhere into what it carries. */
const unsendable = fc.constantFrom<unknown>(
  () => undefined,
  Symbol('s'),
  new URL('https://example.com/'),
  Object.assign([1, 2], { length: 4 }),
  { [Symbol('key')]: 1 },
  Object.defineProperty({}, Symbol('hidden'), { value: 1 }),
  new WeakMap(),
  new SharedArrayBuffer(1),
);
const around = fc.array(fc.constantFrom('list', 'record', 'map'), { maxLength: 5 });

function raise(): never {
  throw new RangeError('of its own');
}

function thrownBy(work: () => unknown): string {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return String(error);
  }
}

function wrap(value: unknown, kinds: readonly string[]): unknown {
  let wrapped = value;
  for (const kind of kinds) {
    wrapped = kind === 'list' ? [1, wrapped] : kind === 'map' ? new Map([['a', wrapped]]) : { b: 'x', c: wrapped };
  }
  return wrapped;
}

function nested(levels: number, list: boolean): unknown {
  let value: unknown = 0;
  for (let level = 0; level < levels; level += 1) value = list ? [value] : { a: value };
  return value;
}

describe('a copy of a value', () => {
  it('is what the wire makes of it, with the bytes that it takes there', () => {
    const isSame = fc.property(carried, (value) => isDeepStrictEqual(copy(value), overTheWire(value)));
    expect(fc.check(isSame, { seed: 1, numRuns: 1_500 })).toMatchObject({ failed: false });
  });

  it('is refused where the wire refuses it, in the same words', () => {
    const isSame = fc.property(unsendable, around, carried, (value, kinds, other) => {
      const whole = [other, wrap(value, kinds)];
      const refused = copy(whole);
      return 'refused' in refused && isDeepStrictEqual(refused, overTheWire(whole));
    });
    expect(fc.check(isSame, { seed: 1, numRuns: 400 })).toMatchObject({ failed: false });
  });

  it.each<[string, unknown]>([
    ['as many levels as the wire takes', nested(64, true)],
    ['a level more', nested(65, true)],
    ['as many levels of records', nested(64, false)],
    ['a level more of records', nested(65, false)],
    ['many elements', Array.from({ length: 399_898 }, () => 0)],
    ['an element more', Array.from({ length: 399_899 }, () => 0)],
    ['an element more again', Array.from({ length: 399_900 }, () => 0)],
    ['many members', Array.from({ length: 79_980 }, (_, a) => ({ a, b: 1 }))],
    [
      'own names that every object has',
      plain([
        ['__proto__', { a: 1 }],
        ['constructor', [1]],
        ['toString', null],
      ]),
    ],
    ['names that JSON escapes', { 'a"b': [1], '\n': { '\u007f': 'é' } }],
    ['text that JSON escapes', ['"', '\\', '\n', '\u007f', '\u2028', 'é', '\ud800', '\u{1f600}', 'x'.repeat(100)]],
    ['numbers', [0, -1, 1.5, 1e21, 1e-7, 9, 10, 0.1, Number.MAX_SAFE_INTEGER, 123_456_789]],
    ['no names, no elements, nothing', [{}, [], null, undefined, true, false, '']],
    ['an object without a prototype', Object.assign(Object.create(null), { a: { b: 1 } })],
    ['a frozen one', Object.freeze({ a: Object.freeze([1, { b: 2 }]) })],
    [
      'one with a getter',
      {
        a: 1,
        get b() {
          return [2];
        },
      },
    ],
    ['a list with a class of its own', new (class Own extends Array<number> {})(1, 2, 3)],
    ['a list that names another maker', Object.assign([1, [2]], { constructor: Map })],
    ['a list of a thousand million holes', Object.assign([], { length: 1e9 })],
    ['a list with one thing far away', Object.assign([], { 4e9: 1 })],
    ['a list with a hole and nothing', Object.assign([undefined, 1], { length: 3 })],
    ['a proxy of a list without a length', new Proxy([1], { get: (_, key) => (key === 'length' ? Number.NaN : 1) })],
    ['a proxy of a list without an end', new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 40 : 1) })],
    ['a proxy of a list', new Proxy([1, { a: new Proxy([2], {}) }], {})],
    ['a proxy of a record', new Proxy({ a: new Proxy({ b: [1] }, {}) }, {})],
    ['a proxy without keys', new Proxy({ a: 1 }, { ownKeys: () => [] })],
    ['text that travels beside the JSON', { a: 'x'.repeat(16_384), b: ['é'.repeat(16_384)] }],
  ])('is the same for %s, alone and in a message', (_, value) => {
    expect(copy(value)).toEqual(overTheWire(value));
    const [copied, carriedOver] = inMessage(value);
    expect(copied).toEqual(carriedOver);
  });

  it('is refused for a cycle, in the words of the wire', () => {
    const list: unknown[] = [1];
    list.push({ list });
    const record: Record<string, unknown> = { a: 1 };
    record['b'] = [record, record];
    for (const value of [list, record]) expect(copy(value)).toEqual(overTheWire(value));
  });

  it('is refused as soon as the wire refuses it where one part is there many times over', () => {
    let value: unknown = { a: 1 };
    for (let level = 0; level < 60; level += 1) value = level % 2 === 0 ? { a: value, b: value } : [value, value];
    expect(copy(value)).toEqual(overTheWire(value));
  });

  it('shares nothing with what it was made of', () => {
    const value = { list: [{ a: 1 }], map: new Map([['k', { b: 1 }]]) };
    const made = copy(value) as { readonly value: typeof value };
    Object.assign(made.value.list[0] ?? {}, { a: 2 });
    Object.assign(made.value.map.get('k') ?? {}, { b: 2 });
    expect(value).toEqual({ list: [{ a: 1 }], map: new Map([['k', { b: 1 }]]) });
  });

  it.each([[false], [true]])('has bytes of its own, in a message: %s', (isInMessage) => {
    const bytes = new Uint8Array([1, 2, 3]);
    const { value } = copyValue([bytes, bytes.buffer, 'x'.repeat(20_000)], {
      shapes,
      isMeasured: !isInMessage,
      name: isInMessage ? 'input' : undefined,
    });
    bytes.fill(9);
    expect(value).toEqual([new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 3]).buffer, 'x'.repeat(20_000)]);
  });

  it('asks no list what it is to be made of', () => {
    const list = Object.defineProperty([1, [2]], 'constructor', { get: () => ({ [Symbol.species]: () => asked }) });
    const asked = { kept: true };
    const { value } = copy(list) as { readonly value: unknown };
    expect([Object.getPrototypeOf(value), value]).toEqual([Array.prototype, [1, [2]]]);
  });

  it.each<[string, ProxyHandler<object>]>([
    ['keys', { ownKeys: () => raise() }],
    ['a member', { get: () => raise() }],
    ['what a member is', { getOwnPropertyDescriptor: () => raise() }],
    ['a prototype', { getPrototypeOf: () => raise() }],
  ])('throws what the value throws where it is asked for %s', (_, traps) => {
    const value = { a: [new Proxy({ a: 1 }, traps)] };
    expect(thrownBy(() => copy(value))).toBe(thrownBy(() => overTheWire(value)));
    // The wire asks a list other things. What is made of one is a list all the same.
    const list = new Proxy([1, [2]], traps);
    expect(['{"value":[1,[2]],"bytes":7}', 'RangeError: of its own']).toContain(thrownBy(() => copy(list)));
  });

  it('has no name that a changed Object.prototype brings', () => {
    Object.assign(Object.prototype, { brought: 1 });
    const value = { a: { b: 1 } };
    const both = [copy(value), overTheWire(value)];
    Reflect.deleteProperty(Object.prototype, 'brought');
    expect(both).toEqual([
      { value, bytes: 13 },
      { value, bytes: 13 },
    ]);
  });

  it('is the same after any number of other shapes', () => {
    for (let n = 0; n < 100; n += 1) copy({ [`name${n}`]: n, $: n, [`"${n}`]: 1 });
    expect(copy([{ a: 1 }, { a: 2, b: 3 }, { b: 1, a: 1 }])).toEqual(
      overTheWire([{ a: 1 }, { a: 2, b: 3 }, { b: 1, a: 1 }]),
    );
  });
});
