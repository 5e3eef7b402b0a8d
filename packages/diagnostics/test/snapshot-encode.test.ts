import { createMasker } from '@kb-labs/redaction';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSnapshotValue } from '../src/index.js';
import { SnapshotEncoder } from '../src/snapshot-encode.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const bodies = new Map<string, Uint8Array>();

function encoder(maxBodyBytes = 1_000_000, secrets: readonly string[] = []): SnapshotEncoder {
  return new SnapshotEncoder({
    masker: createMasker({ secrets }),
    maxBodyBytes,
    keep: (sha256, bytes) => bodies.set(sha256, bytes),
  });
}

function thereAndBack(value: unknown): unknown {
  const encoded = encoder().encode(value);
  return decodeSnapshotValue(JSON.parse(JSON.stringify(encoded)), (sha256) => bodies.get(sha256));
}

describe('a value of the wire', () => {
  it.each([
    ['undefined', undefined],
    ['nested undefined', { a: undefined, b: [undefined] }],
    ['numbers that JSON lacks', [Number.NaN, Infinity, -Infinity, -0, 0, 1e21]],
    ['a bigint', -(2n ** 200n)],
    ['a date', new Date(1e12)],
    ['the first date', new Date(-8.64e15)],
    ['no date', new Date(Number.NaN)],
    [
      'a map',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Set([1n])],
        ['password', true],
      ]),
    ],
    ['bytes', new Uint8Array([0, 255, 1])],
    ['many bytes', new Uint8Array(10_000).fill(7)],
    [
      'other bytes',
      [new Float64Array([1.5, -0]), new BigInt64Array([-1n]), new DataView(new ArrayBuffer(3)), new ArrayBuffer(2)],
    ],
    ['long text', 'é'.repeat(5000)],
    ['long text that is not well formed', '\ud800x'.repeat(5000)],
    ['text that is not well formed', '\udfff'],
    ['an object with a $', { $: 'date', value: 'no', deep: { $: { $: 1 } } }],
    ['__proto__ as data', JSON.parse('{"__proto__":{"polluted":true}}')],
  ])('comes back as it was: %s', (_, value) => {
    expect(thereAndBack(value)).toStrictEqual(value);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('that is an error comes back with name, message, code, cause and parts', () => {
    const cause = new TypeError('why');
    const error = Object.assign(new AggregateError([new RangeError('part')], 'all', { cause }), { code: 'E_ALL' });
    const back = thereAndBack({ error });
    expect(back).toMatchObject({ error: { name: 'AggregateError', message: 'all', code: 'E_ALL' } });
    expect(back).toMatchObject({
      error: { cause: { name: 'TypeError', message: 'why' }, errors: [{ message: 'part' }] },
    });
  });

  it('comes back as it was, whatever it is', () => {
    const leaf = fc.oneof(
      fc.anything({ maxDepth: 0, withBigInt: true, withDate: true, withTypedArray: true }),
      fc.string({ unit: codePoint }),
      fc.uint8Array({ maxLength: 20 }),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'toString')), tie('tree'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
        fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
        fc.array(tie('tree'), { maxLength: 3 }).map((items) => new Set(items)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(thereAndBack(value)).toStrictEqual(value);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('that no wire carries is said to be unknown, and cannot be had again', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const encoded = encoder().encode({ f: () => 1, p: new Proxy({}, {}), cycle });
    expect(encoded).toEqual({
      f: { $: 'unknown', type: 'function' },
      p: { $: 'unknown', type: 'Proxy' },
      cycle: { self: { $: 'unknown', type: 'cycle' } },
    });
    expect(() => decodeSnapshotValue(encoded)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});

describe('a secret', () => {
  it.each([
    ['under a key', { password: 5, deep: [{ apiKey: { a: 'hunter22' } }] }],
    ['in a map', new Map([['token', 'abcdef']])],
    ['in headers', { headers: [['cookie', 'abcdef']] }],
    ['by its value', { a: 'x hunter22 y', ['hunter22']: 1 }],
    ['in bytes', new TextEncoder().encode('a hunter22')],
    ['in many bytes', new TextEncoder().encode('hunter22'.repeat(1000))],
    ['in a long text', 'hunter22'.repeat(1000)],
    ['in an error', new Error('hunter22')],
  ])('is masked and counted: %s', (_, value) => {
    bodies.clear();
    const made = encoder(1_000_000, ['hunter22']);
    const encoded = made.encode(value);
    const kept = [JSON.stringify(encoded), ...[...bodies.values()].map((bytes) => Buffer.from(bytes).toString())];
    expect(kept.join('\n')).not.toMatch(/hunter22|abcdef|:5/);
    expect(JSON.stringify(encoded)).not.toContain(Buffer.from('a hunter22').toString('base64'));
    expect(made.masked).toBeGreaterThan(0);
  });

  it('is none where there is nothing', () => {
    const made = encoder();
    const value = { token: null, password: '', secret: undefined, cookie: false };
    expect(decodeSnapshotValue(made.encode(value))).toStrictEqual(value);
    expect(made.masked).toBe(0);
  });
});

describe('a body', () => {
  it('that is too large is told by its hash and length, and not kept', () => {
    bodies.clear();
    const encoded = encoder(5000).encode('x'.repeat(5001));
    expect(encoded).toEqual({
      $: 'text',
      encoding: 'utf8',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: 5001,
    });
    expect(bodies.size).toBe(0);
    expect(() => decodeSnapshotValue(encoded)).toThrow(/was not kept/);
  });

  it('that a value names again and again is not had more often than a snapshot has room', () => {
    const part = { $: 'bytes', type: 'Uint8Array', sha256: 'a'.repeat(64) };
    const large = new Uint8Array(16_777_216);
    const many = (count: number): unknown =>
      decodeSnapshotValue(
        Array.from({ length: count }, () => part),
        () => large,
      );
    expect(many(4)).toHaveLength(4);
    expect(() => many(5)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});

describe('what cannot be read', () => {
  it.each([
    [{ $: 'number', value: '1' }],
    [{ $: 'bigint', value: '1e5' }],
    [{ $: 'map', entries: [[1]] }],
    [{ $: 'map' }],
    [{ $: 'bytes', type: 'Function', base64: '' }],
    [{ $: 'bytes', type: 'Float64Array', base64: 'AA==' }],
    [{ $: 'object', value: [1] }],
    [{ $: 'error', name: 1, message: 'x' }],
    [{ $: 'elsewhere' }],
    [{ $: null }],
    [JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`)],
  ])('is refused: %j', (value) => {
    expect(() => decodeSnapshotValue(value)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
