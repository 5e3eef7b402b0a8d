import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { encodeData, extensionOf } from '../src/encode-data.js';

const options = { maxBytes: 1_000 };
const cyclic: Record<string, unknown> = {};
cyclic['self'] = { cyclic };
const gaps = [1];
gaps.length = 3;

describe('data to store', () => {
  it.each([
    ['# Räport \ufeff\u0000', 'text/plain; charset=utf-8', '.txt', '# Räport \ufeff\u0000'],
    [Buffer.from([0, 255]), 'application/octet-stream', '.bin', Buffer.from([0, 255]).toString()],
    [
      [null, true, 1.5, 'é\ud800', {}],
      'application/json',
      '.json',
      '[\n  null,\n  true,\n  1.5,\n  "é\\ud800",\n  {}\n]\n',
    ],
    [null, 'application/json', '.json', 'null\n'],
  ])('%j is %s', (data, contentType, extension, text) => {
    const encoded = encodeData(data, options);
    const shown = { ...encoded, body: Buffer.from(encoded.body).toString(), extension: extensionOf(data) };
    expect(shown).toEqual({ body: text, contentType, extension });
  });

  it('comes back from JSON as it was, whatever its names are', () => {
    const data = JSON.parse('{"__proto__":{"a":1},"toString":"x","":[[]],"\\ud800":"\\u2028"}');
    const shared = { a: 1 };
    for (const value of [
      data,
      [shared, shared],
      runInNewContext('({ a: [1] })'),
      Object.assign(Object.create(null), { a: 1 }),
    ]) {
      expect(JSON.stringify(JSON.parse(Buffer.from(encodeData(value, options).body).toString()))).toBe(
        JSON.stringify(value),
      );
    }
  });

  it.each<[string, unknown]>([
    ['', undefined],
    ['', 1n],
    ['', () => 1],
    ['', Symbol('s')],
    ['', Number.NaN],
    ['', 'half \ud800'],
    ['/a', { a: undefined }],
    ['/0', [undefined]],
    ['', gaps],
    ['', Object.assign([1], { name: 'x' })],
    ['/a~1b/0', { 'a/b': [Number.POSITIVE_INFINITY] }],
    ['/when', { when: new Date(0) }],
    ['/map', { map: new Map() }],
    ['/bytes', { bytes: new Uint8Array(1) }],
    ['/error', { error: new Error('x') }],
    ['/boxed', { boxed: Object(1) }],
    ['/self/cyclic', cyclic],
    ['', { toJSON: () => 1 }],
    ['', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })],
    ['', Object.defineProperty({}, 'a', { value: 1 })],
    ['', { [Symbol('s')]: 1 }],
    ['', new Proxy({}, {})],
    ['', new Intl.NumberFormat('en')],
    ['', Object.create({ inherited: 1 })],
  ])('is refused at %j where it would not come back as it is: %s', (pointer, data) => {
    expect(() => encodeData(data, options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', details: { pointer, flaw: expect.any(String) } }),
    );
  });

  it('runs no code of the data', () => {
    const calls: string[] = [];
    const spy = {
      get: () => calls.push('get'),
      ownKeys: () => calls.push('keys'),
      getPrototypeOf: () => calls.push('proto'),
    };
    const accessor = Object.defineProperty({}, 'a', { get: () => calls.push('accessor'), enumerable: true });
    for (const data of [
      new Proxy({}, JSON.parse('{}')),
      Object.assign(new Proxy({}, {}), {}),
      accessor,
      new Proxy({}, Object(spy)),
    ]) {
      expect(() => encodeData(data, options)).toThrow('cannot be stored as it is');
    }
    expect(calls).toEqual([]);
  });

  it('is refused before it is made into more text than may be written, or too deep a one', () => {
    let many: unknown = ['x'];
    for (let level = 0; level < 40; level += 1) many = [many, many];
    expect(() => encodeData(many, options)).toThrow(expect.objectContaining({ code: 'ERR_ARTIFACT_TOO_LARGE' }));
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(() => encodeData(deep, { maxBytes: 1e9 })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining('nested more than 500'),
      }),
    );
  });

  it('may lack members where it is told so', () => {
    const encoded = encodeData({ a: undefined, b: [{ c: undefined }] }, { ...options, dropUndefined: true });
    expect(JSON.parse(Buffer.from(encoded.body).toString())).toEqual({ b: [{}] });
    expect(() => encodeData([undefined], { ...options, dropUndefined: true })).toThrow('the data at /0 cannot be');
  });
});
