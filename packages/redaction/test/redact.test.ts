import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redact } from '../src/index.js';

// Put together here, so that no scanner takes this file for a leak.
const PLANTED = {
  'an AWS key': `AKIA${'ABCDEFGH12345678'}`,
  'a GitHub token': `ghp_${'aB3'.repeat(12)}`,
  'a fine-grained GitHub token': `github_pat_${'aB3_'.repeat(12)}`,
  'a GitLab token': `glpat-${'aB3-'.repeat(6)}`,
  'a GitLab runner token': `glrt-${'aB3-'.repeat(6)}`,
  'a Google client secret': `GOCSPX-${'aB3_'.repeat(7)}`,
  'a Google refresh token': `1//0${'aB3-'.repeat(10)}`,
  'a Slack app token': `xapp-1-${'A1B2-'.repeat(6)}`,
  'an Anthropic key': `sk-ant-api03-${'aB3-'.repeat(10)}`,
  'a Slack token': `xoxb-${'123456789-'.repeat(3)}abc`,
  'an npm token': `npm_${'aB3'.repeat(12)}`,
  'a Stripe key': `sk_live_${'aB3'.repeat(8)}`,
  'an OpenAI key': `sk-proj-${'aB3-'.repeat(10)}`,
  'a Google key': `AIza${'aB3_'.repeat(9)}`,
  'a JSON web token': `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${'aB3'.repeat(10)}`,
  'a private key': `-----BEGIN RSA ${'PRIVATE'} KEY-----\nMIIB\naB3\n-----END RSA ${'PRIVATE'} KEY-----`,
  'a private key that was cut off': `-----BEGIN ${'PRIVATE'} KEY-----\nMIIBaB3`,
  'an age key': `AGE-SECRET-KEY-1${'QPZRY9X8'.repeat(6)}`,
} as const;

describe('what looks like a secret', () => {
  it.each(Object.entries(PLANTED))('%s is masked in a value, a key, a list and a sentence', (_, secret) => {
    const value = { plain: secret, [secret]: 1, list: [`before ${secret}`], text: `${secret}\nafter` };
    expect(JSON.stringify(redact(value))).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  it.each([
    ['https://user:pass@host.test/path?q=1', 'https://[redacted]@host.test/path?q=1'],
    ['https://user:p@ss@host.test/', 'https://[redacted]@host.test/'],
    [
      'postgres://admin@db.test:5432/x, then redis://:pw@r.test',
      'postgres://[redacted]@db.test:5432/x, then redis://[redacted]@r.test',
    ],
    ['https://host.test/a@b', 'https://host.test/a@b'],
    ['GET /?token=abc&page=2', 'GET /?token=[redacted]&page=2'],
    ['pwd=x', 'pwd=[redacted]'],
    ['?api_key=abc;x', '?api_key=[redacted];x'],
    ['Authorization: Bearer abcdef', 'Authorization: [redacted]'],
    ['sent with bearer abcdefgh12345678', 'sent with bearer [redacted]'],
    ['Set-Cookie: a=b; Path=/\nHost: x', 'Set-Cookie: [redacted]\nHost: x'],
    ['{"password":"a \\" b","user":"u"}', '{"password":[redacted],"user":"u"}'],
    [String.raw`"{\"secret\":\"a b\",\"user\":1}"`, String.raw`"{\"secret\":[redacted],\"user\":1}"`],
    ["client_secret = 'a b'", 'client_secret = [redacted]'],
    ['https://hooks.slack.com/services/T000/B000/abcdefghijkl', 'https://hooks.slack.com/services/[redacted]'],
  ])('%s → %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'task-management-system-version-2',
    'a token is missing',
    'src/secrets.ts',
    'npm_config_registry',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '3d9a1f4e-8c2b-4d6e-9f00-1a2b3c4d5e6f',
    'mailto:someone@example.com',
  ])('does not include %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('a secret key', () => {
  it.each([
    'password',
    'db_password',
    'X-API-Key',
    'accessToken',
    'refresh.token',
    'Authorization',
    'cookie',
    'ＰＡＳＳＷＯＲＤ',
    'pwd',
  ])('%s hides its value whole', (key) => {
    expect(redact({ [key]: { deep: ['x'] }, other: 1 })).toEqual({ [key]: '[redacted]', other: 1 });
  });

  it.each(['tokensUsed', 'author', 'keyboard', 'passed', 'outputBytes'])('is not %s', (key) => {
    expect(redact({ [key]: 5 })).toEqual({ [key]: 5 });
  });

  it.each([
    ['Cookie', 'a=b'],
    ['x-api-key', 'abc'],
    ['Authorization', 'Negotiate abc'],
  ])('hides what stands beside it in a pair, as headers do: %s', (name, value) => {
    expect(
      redact({
        headers: [
          ['accept', '*'],
          [name, value],
        ],
      }),
    ).toEqual({
      headers: [
        ['accept', '*'],
        [name, '[redacted]'],
      ],
    });
  });

  it('may be named by the host, in any spelling', () => {
    expect(redact({ 'Inner-Note': 'x' }, { keys: ['inner_note'] })).toEqual({ 'Inner-Note': '[redacted]' });
  });
});

describe('a known secret', () => {
  const secret = 'correct horse/battery+staple';

  it.each([
    ['as it is', `say ${secret}!`],
    ['in a URL', encodeURIComponent(secret)],
    ['in a URL with small letters', encodeURIComponent(secret).toLowerCase()],
    ['in a form', new URLSearchParams({ q: secret }).toString()],
    ['in JSON as PHP writes it', secret.replaceAll('/', String.raw`\/`)],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 after one byte', Buffer.from(`:${secret}`).toString('base64')],
    ['in base64 after two bytes', Buffer.from(`u:${secret}:x`).toString('base64')],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
  ])('is masked %s', (_, text) => {
    expect(redact({ [text]: text }, { secrets: [secret] })).not.toEqual({ [text]: text });
    expect(redact(text, { secrets: [secret] })).toContain('[redacted]');
  });

  it.each([
    ['in JSON', (text: string) => JSON.stringify(text)],
    ['in JSON inside of JSON', (text: string) => JSON.stringify(JSON.stringify(text))],
    ['in JSON of ASCII alone', () => String.raw`"p\u00e4ss\"<w\u00f6rd>&\\"`],
    ['in JSON as Go writes it', () => String.raw`"päss\"\u003cwörd\u003e\u0026\\"`],
  ])('with letters that need an escape is masked %s', (_, write) => {
    const escaped = 'päss"<wörd>&\\';
    expect(redact(write(escaped), { secrets: [escaped] })).toMatch(/^\\?"?(?:\\?")?\[redacted\](?:\\?")?"?$/u);
  });

  it('is masked as a number, and where it overlaps another or itself', () => {
    expect(redact([123_456, 1_234_567n, 12], { secrets: ['123456'] })).toEqual(['[redacted]', '[redacted]7', 12]);
    expect(redact('abcdefgh', { secrets: ['abcdef', 'defgh'] })).toBe('[redacted]');
    expect(redact('xabababy', { secrets: ['abab'] })).toBe('x[redacted]y');
  });

  it('is masked where the text is cut inside it', () => {
    const long = 'k'.repeat(3000);
    expect(redact(`${'x'.repeat(1000)} ${long} tail`, { secrets: [long] })).toBe(`${'x'.repeat(1000)} [redacted] tail`);
  });

  it.each([
    [{ secrets: ['abc'] }, '/secrets/0'],
    [{ secrets: ['x'.repeat(8193)] }, '/secrets/0'],
    [{ bytes: 'all' }, '/bytes'],
    [{ keys: [1] }, '/keys/0'],
    [{ limits: { maxDepth: 0 } }, '/limits/maxDepth'],
    [{ limits: { depth: 1 } }, '/limits/depth'],
    [{ secret: [] }, '/secret'],
  ])('and other options are refused where they could not work: %o', (options, pointer) => {
    expect(() => Reflect.apply(redact, undefined, ['x', options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });

  it('is never in the message that refuses it', () => {
    expect(() => redact('x', { secrets: ['abc'] })).toThrow(/^(?!.*abc)/);
  });
});

describe('a hostile value', () => {
  const trap = (): never => {
    throw new Error('touched');
  };

  it.each([
    ['a proxy', new Proxy({}, { ownKeys: trap, get: trap, getPrototypeOf: trap }), '[proxy]', 1],
    ['a revoked proxy', revoked(), '[proxy]', 1],
    ['a getter', Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: trap }), { a: 1 }, 1],
    ['toJSON', { a: 1, toJSON: trap }, { a: 1 }, 1],
    ['an array with a getter', Object.defineProperty([1, 2], 0, { get: trap }), [null, 2], 1],
    ['bytes', Object.defineProperty(Buffer.from('secret'), 'byteLength', { get: trap }), '[6 bytes]', 1],
    ['a buffer', new ArrayBuffer(3), '[3 bytes]', 1],
    ['a view', new DataView(new ArrayBuffer(8), 3, 2), '[2 bytes]', 1],
    ['a view of nothing', detached(), '[0 bytes]', 1],
    [
      'an error',
      Object.assign(new Error('at https://u:p@h.test/'), { code: 'E' }),
      { name: 'Error', message: 'at https://[redacted]@h.test/', code: 'E' },
      0,
    ],
    [
      'an error of a class with a hostile name',
      Object.setPrototypeOf(new TypeError('x'), Object.defineProperty({}, 'name', { get: trap })),
      { message: 'x' },
      0,
    ],
    [
      'an error below a proxy',
      Object.setPrototypeOf(new Error('x'), new Proxy({}, { get: trap })),
      { message: 'x' },
      0,
    ],
    [
      'an error with a name of its own',
      named(new Error('x'), 'ghp_'.concat('aB3'.repeat(12))),
      { name: '[redacted]', message: 'x' },
      0,
    ],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        ['password', 'x'],
        [{ b: 2 }, new Set([3])],
      ]),
      [
        ['a', 1],
        ['password', '[redacted]'],
        [{ b: 2 }, [3]],
      ],
      0,
    ],
    ['a map of a class', trapped(new Map(), trap), [], 0],
    ['a set', new Set(['Bearer abcdefgh', 1]), ['Bearer [redacted]', 1], 0],
    ['a set of a class', trapped(new Set(), trap), [], 0],
    ['what its class alone knows', [/x/, Promise.resolve(1), new URL('https://h.test/')], [{}, {}, {}], 3],
    [
      'an instance of a class',
      new (class Point {
        readonly x = 1;
        get y(): number {
          return trap();
        }
      })(),
      { x: 1 },
      0,
    ],
    ['an object below a proxy', Object.create(new Proxy({}, { getPrototypeOf: trap })), {}, 1],
    ['an empty object, with a prototype or without', [{}, Object.create(null)], [{}, {}], 0],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z', 0],
    [
      'an invalid date with methods of its own',
      Object.assign(new Date(Number.NaN), { getTime: trap }),
      'Invalid Date',
      0,
    ],
    ['a huge bigint', 2n ** 100_000n, '[bigint]', 1],
    ['numbers that JSON lacks', [Number.NaN, -Infinity], ['NaN', '-Infinity'], 0],
    ['functions and symbols', { f: trap, s: Symbol('x'), u: undefined, a: 1 }, { a: 1 }, 2],
    ['nothing', undefined, null, 0],
  ])('%s neither runs nor throws', (_, value, expected, cut) => {
    const redaction = createRedactor()(value);
    expect([redaction.value, redaction.cut]).toEqual([expected, cut]);
  });

  it('of many entries in a map or a set is told as far as the limits go', () => {
    const redactor = createRedactor({ limits: { maxEntries: 2 } });
    const numbers = Array.from({ length: 1_000_000 }, (_, index) => index);
    expect(redactor(new Set(numbers))).toMatchObject({ value: [0, 1], cut: 999_998 });
    expect(redactor(new Map(numbers.map((n) => [n, n])))).toMatchObject({
      value: [
        [0, 0],
        [1, 1],
      ],
      cut: 999_998,
    });
  });

  it('that holds itself in a map or a set ends', () => {
    const map = new Map<string, unknown>();
    map.set('self', map).set('set', new Set([map]));
    expect(redact(map)).toEqual([
      ['self', '[circular]'],
      ['set', ['[circular]']],
    ]);
  });

  it('of bytes may be told by its hash, up to a size', () => {
    const options = { bytes: 'sha256' } as const;
    const hash = createHash('sha256').update('abc').digest('hex');
    expect(redact(Buffer.from('abc'), options)).toBe(`[3 bytes, sha256 ${hash}]`);
    expect(redact(new ArrayBuffer(2 ** 21), options)).toBe('[2097152 bytes]');
  });

  it('with __proto__ stays data', () => {
    const copy = redact(JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('with cycles or great depth ends', () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle['self'] = cycle;
    const shared = { b: 2 };
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(redact({ cycle, twice: [shared, shared] })).toEqual({
      cycle: { a: 1, self: '[circular]' },
      twice: [{ b: 2 }, { b: 2 }],
    });
    expect(redact(deep)).toEqual([[[[[['[cut]']]]]]]);
  });

  it.each([
    'eyJ',
    '-----BEGIN ',
    'password="',
    String.raw`\"`,
    '://',
    'token:',
    'aaaaaaaaaa:',
    'bearer ',
    'sk-',
    ' ',
    `'\\`,
  ])('of a million characters of %j costs no more than its bounds', (part) => {
    const limits = { maxTextLength: 65_536, maxLength: 1_048_576 };
    const redactor = createRedactor({ limits, secrets: ['eyJeyJeyJeyJx'] });
    const text = part.repeat(1_000_000 / part.length);
    const start = performance.now();
    redactor(text);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('redaction', () => {
  const secret = fc.oneof(
    fc.constantFrom(...Object.values(PLANTED)),
    fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 }).filter((text) => text.trim().length >= 8),
  );
  const innocent = fc.string({ maxLength: 2000 }).map((text) => `${text} `);

  it('leaks no planted secret, wherever it stands', () => {
    const planted = secret.chain((text) => {
      const around = fc.tuple(innocent, innocent).map(([before, after]) => `${before}${text} ${after}`);
      const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
        leaf: fc.oneof(around, fc.constant(text), fc.integer(), fc.string()),
        tree: fc.oneof(
          { depthSize: 'small' },
          tie('leaf'),
          fc.array(tie('tree'), { maxLength: 4 }),
          fc.dictionary(fc.oneof(fc.string(), fc.constant(text)), tie('tree'), { maxKeys: 4 }),
        ),
      }));
      return fc.tuple(fc.constant(text), tree);
    });
    fc.assert(
      fc.property(planted, ([text, value]) => {
        const known = !Object.values<string>(PLANTED).includes(text);
        const texts = textsOf(redact(value, known ? { secrets: [text] } : {}));
        expect(texts.filter((found) => found.replaceAll('[redacted]', '').includes(text))).toEqual([]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('counts what it masked', () => {
    const { value, masked } = createRedactor()({ password: 'x', [`token=abc`]: 'Bearer abcdefgh', b: ['ok'] });
    expect({ value, masked }).toEqual({
      value: { password: '[redacted]', 'token=[redacted]': 'Bearer [redacted]', b: ['ok'] },
      masked: 3,
    });
  });

  it('never throws, gives JSON, and keeps to its bounds, whatever it gets', () => {
    const limits = { maxDepth: 3, maxEntries: 5, maxTextLength: 50, maxKeyLength: 20, maxLength: 200 };
    const redactor = createRedactor({ limits });
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const { value: copy, length } = redactor(value);
        expect(JSON.parse(JSON.stringify(copy))).toEqual(copy);
        expect(textsOf(copy).every((text) => text.length <= 51)).toBe(true);
        expect(length).toBeLessThan(300);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

function named(error: Error, name: string): Error {
  error.name = name;
  Object.defineProperty(error, 'name', { enumerable: false });
  return error;
}

/** An empty collection of a class that has replaced all that it can be asked. */
function trapped<Collection extends object>(collection: Collection, trap: () => never): Collection {
  const replaced = Object.create(Object.getPrototypeOf(collection));
  for (const key of [Symbol.iterator, 'entries', 'values', 'forEach', 'size', 'toJSON']) {
    Object.defineProperty(replaced, key, { get: trap });
  }
  return Object.setPrototypeOf(collection, replaced);
}

function detached(): DataView {
  const view = new DataView(new ArrayBuffer(8));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
