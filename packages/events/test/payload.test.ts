import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyPayload } from '../src/payload.js';

const LIMIT = 65_536;

function cyclic(): object {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
}

function codeOf(act: () => unknown): unknown {
  return Reflect.get(Object(thrownBy(act)), 'code');
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

function isDeeplyFrozen(value: unknown): boolean {
  return typeof value !== 'object' || value === null
    ? true
    : Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

describe('a payload', () => {
  it('is copied, measured as the JSON it is, and frozen all through', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), (value) => {
        const { value: copy, bytes } = copyPayload(value, LIMIT);
        const json = JSON.stringify(value);
        expect(JSON.stringify(copy)).toBe(json);
        expect(bytes).toBe(Buffer.byteLength(json));
        expect(isDeeplyFrozen(copy)).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('fits exactly, or not by one byte', () => {
    const value = { text: 'ä"\n\ud800', list: [1, 2.5, true, null, []] };
    const size = Buffer.byteLength(JSON.stringify(value));
    expect(copyPayload(value, size).bytes).toBe(size);
    expect(codeOf(() => copyPayload(value, size - 1))).toBe('ERR_EVENT_TOO_LARGE');
  });

  it('counts for what it takes in memory, which many small values make much of', () => {
    expect(copyPayload(null, LIMIT).weight).toBe(256 + 16 + 4);
    const text = 'x'.repeat(1000);
    expect(copyPayload({ text, list: [1, []] }, LIMIT).weight).toBe(256 + 3 * 64 + 2 * 16 + 1025);
    expect(
      copyPayload(
        Array.from({ length: 10_000 }, () => []),
        LIMIT,
      ).weight,
    ).toBeGreaterThan(600_000);
  });

  it('shares nothing with what was handed in', () => {
    const inner = [1];
    const copy = copyPayload({ inner }, LIMIT).value;
    inner.push(2);
    expect(copy).toEqual({ inner: [1] });
  });

  it('keeps an own key __proto__ as data', () => {
    const copy = copyPayload(JSON.parse('{"__proto__":{"polluted":true}}'), LIMIT).value;
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Reflect.get(Object(copy), 'polluted')).toBe(undefined);
  });

  it('may come from another realm, or have no prototype', () => {
    expect(copyPayload(runInNewContext('({ a: [1] })'), LIMIT).value).toEqual({ a: [1] });
    expect(copyPayload(Object.assign(Object.create(null), { a: 1 }), LIMIT).value).toEqual({ a: 1 });
  });

  it.each([
    [
      'a getter',
      {
        get a(): number {
          throw new Error('was run');
        },
      },
    ],
    ['a getter in an array', Object.defineProperty([1], 0, { get: () => 1 })],
    [
      'a proxy',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('was run');
          },
        },
      ),
    ],
    ['a proxy of an array', [new Proxy([], {})]],
    [
      'a revoked proxy',
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    ],
    ['a cycle', cyclic()],
    ['a function', { a: () => 1 }],
    ['toJSON', { toJSON: () => ({ small: true }) }],
    ['a symbol', Symbol('a')],
    ['a symbol for a key', { [Symbol('a')]: 1 }],
    ['a BigInt', 1n],
    ['undefined', undefined],
    ['undefined inside', { a: undefined }],
    ['NaN', Number.NaN],
    ['an infinity', [Number.POSITIVE_INFINITY]],
    ['a date', new Date(0)],
    ['bytes', new Uint8Array(1)],
    ['a map', new Map()],
    ['a promise', Promise.resolve(1)],
    [
      'an instance',
      new (class Point {
        x = 1;
      })(),
    ],
    ['an instance of nothing real', Object.create({ a: 1 })],
    ['an object whose prototype is a proxy', Object.create(new Proxy({}, {}))],
    ['a boxed string', new String('a')],
    ['holes', [1, , 2]], // oxlint-disable-line no-sparse-arrays
    ['an array with a name', Object.assign([1], { a: 1 })],
    ['a hidden property', Object.defineProperty({}, 'a', { value: 1 })],
  ])('M10: does not hold %s', (_, value) => {
    expect(codeOf(() => copyPayload(value, LIMIT))).toBe('ERR_INVALID_ARGUMENT');
  });

  it.each([
    ['a Date', new Date(0)],
    ['bytes', new Uint8Array(1)],
    ['bytes', new DataView(new ArrayBuffer(1))],
    ['bytes', new SharedArrayBuffer(1)],
    ['a Map', new Map()],
    ['a Set', new Set()],
  ])('holds no %s, though the wire carries it, and says what to publish in its place', (name, value) => {
    const refusal = thrownBy(() => copyPayload({ list: [value] }, LIMIT));
    expect(refusal).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: `the payload holds ${name}`,
      hint: expect.stringMatching(/^an event carries JSON data alone: .*date\.toISOString\(\), base64 text/),
    });
  });

  it.each([
    ['text of 10 MB', 'x'.repeat(10_000_000)],
    ['text that grows when written', '\0'.repeat(LIMIT - 2)],
    ['an array of a million', Array.from({ length: 1_000_000 }, () => 0)],
    ['an array that says it is long', Object.assign([], { length: 4_294_967_295 })],
    ['one array many times over', Array.from({ length: 20 }).reduce<unknown>((inner) => [inner, inner], [])],
    ['a long key', { ['k'.repeat(LIMIT)]: 1 }],
  ])('M10: is not %s', (_, value) => {
    const started = performance.now();
    expect(codeOf(() => copyPayload(value, LIMIT))).toBe('ERR_EVENT_TOO_LARGE');
    expect(performance.now() - started).toBeLessThan(250);
  });
});
