import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySection } from '../../src/config/apply-section.js';
import { parseUnknownSection } from '../../src/config/section.js';

/** The document that comes of a section, `undefined` where nothing changes, or the words of the refusal. */
function apply(text: string | undefined, pointer: string, value: unknown, strategy?: string): string | undefined {
  return applySection(text, parseUnknownSection({ pointer, value, ...(strategy === undefined ? {} : { strategy }) }));
}

function refusal(work: () => unknown): string {
  try {
    return `no refusal: ${String(work())}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${String(error.code)} ${error.message}` : String(error);
  }
}

describe('a section of a JSON document', () => {
  it.each([
    ['keep', '{"a":{"b":1}}', '/a', undefined],
    ['keep', '{"a":null}', '/a', undefined],
    ['keep', '{"x":1}', '/a', '{"x":1,"a":{"b":[2],"c":3}}'],
    ['replace', '{"a":{"b":1,"d":4}}', '/a', '{"a":{"b":[2],"c":3}}'],
    ['merge', '{"a":{"b":[1],"d":4}}', '/a', '{"a":{"b":[2],"d":4,"c":3}}'],
    ['merge', '{"a":7}', '/a', '{"a":{"b":[2],"c":3}}'],
    ['merge', '{"a":{"b":[2],"c":3,"d":4}}', '/a', undefined],
    ['replace', '{ "a" : {"c":3.0,"b":[ 2 ]} }', '/a', undefined],
    ['replace', '{"q":1}', '', '{"b":[2],"c":3}'],
    ['merge', '{"q":1}', '', '{"q":1,"b":[2],"c":3}'],
    ['merge', '{"a":{}}', '/a/~1x~0/y', '{"a":{"/x~":{"y":{"b":[2],"c":3}}}}'],
    ['merge', '{"":{"0":1}}', '//0', '{"":{"0":{"b":[2],"c":3}}}'],
  ])('%s in %s at %s gives %s', (strategy, text, pointer, result) => {
    expect(apply(text, pointer, { b: [2], c: 3 }, strategy)).toBe(result);
  });

  it('merges unless told otherwise, and makes a document where there is none', () => {
    expect(apply('{"a":{"x":1}}', '/a', { y: 2 })).toBe('{"a":{"x":1,"y":2}}');
    expect(apply(undefined, '/a/b', [1])).toBe('{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}\n');
    expect(apply(undefined, '', 'x')).toBe('"x"\n');
  });

  it('keeps indentation, line ends, trailing newline and every other byte', () => {
    const text = '{\n\t"list": [1,  2],\n\t"big": 12345678901234567890, "exp": 1.0e2,\n\t"in": { "x": 1 }\n}\n\n';
    expect(apply(text, '/in/y', { z: 1 })).toBe(text.replace('"x": 1 }', '"x": 1, "y": {"z":1} }'));
    expect(apply(text, '/new', { z: 1 })).toBe(text.replace('1 }\n}', '1 },\n\t"new": {\n\t\t"z": 1\n\t}\n}'));
    expect(apply(text, '/list', { z: 1 }, 'replace')).toBe(text.replace('[1,  2]', '{\n\t\t"z": 1\n\t}'));
    expect(apply('{\r\n    "a": {}\r\n}', '/a/b', 1)).toBe('{\r\n    "a": {\r\n        "b": 1\r\n    }\r\n}');
    expect(apply('{}\n', '/a', 1)).toBe('{\n  "a": 1\n}\n');
    expect(apply('{"a":1}\n', '/b', [1, 2])).toBe('{"a":1,"b":[1,2]}\n');
  });

  it('goes by the last of members that have one name, as JSON.parse does', () => {
    expect(apply('{"a":{"b":1},"a":{"c":2}}', '/a/b', 3)).toBe('{"a":{"b":1},"a":{"c":2,"b":3}}');
    expect(apply('{"a":{"b":1},"a":5}', '/a', 1, 'keep')).toBe(undefined);
  });

  it('takes no escaped name for another, as JSON.parse may', () => {
    JSON.parse('{"h":[],"\\\\":0}');
    const text = '{"h":1,"\\"":{"\\n":2},"\\u0061":3}';
    expect(apply(text, '', { h: 2 })).toBe('{"h":2,"\\"":{"\\n":2},"a":3}');
    expect(apply(text, '', { h: 1, '"': { '\n': 2 } })).toBe(undefined);
  });

  it.each(['/__proto__/x', '/a/constructor', '/prototype', '/__proto__', 'a', '/~', '/~2', `${'/a'.repeat(100)}`])(
    'refuses the pointer %.20s',
    (pointer) => {
      expect(refusal(() => apply('{"a":{}}', pointer, 1))).toMatch(/^ERR_INVALID_ARGUMENT /);
    },
  );

  it('refuses a pointer through what is no object', () => {
    for (const text of ['{"a":[{"b":1}]}', '{"a":"x"}', '{"a":null}', '{"a":7}']) {
      expect(refusal(() => apply(text, '/a/0/b', 1))).toBe(
        'ERR_INVALID_ARGUMENT ensureSection: the pointer leads through "/a", which is no object',
      );
    }
    expect(refusal(() => apply('[]', '/a', 1))).toMatch(/through "", which/);
  });

  it('refuses what is no JSON, and whatever names a prototype', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const doubling = Array.from({ length: 60 }).reduce<unknown>((inner) => [inner, inner], 1);
    const values = [
      undefined,
      () => 1,
      1n,
      Number.NaN,
      Infinity,
      Symbol('x'),
      new Date(0),
      new Uint8Array(1),
      new Map(),
      { a: undefined },
      [undefined],
      // A hole is read from the prototype of arrays.
      Array.from({ length: 1 }),
      cyclic,
      doubling,
      JSON.parse('{"__proto__":{"polluted":1}}'),
      JSON.parse('{"a":[{"constructor":{"prototype":{"polluted":1}}}]}'),
      { prototype: 1 },
      Object.create({ inherited: 1 }),
      { get a() { return 1; } },
      Object.defineProperty([0], 0, { get: () => 1 }),
      new Proxy([1], {}),
      { a: new Proxy({}, {}) },
      { [Symbol('x')]: 1 },
    ]; // prettier-ignore
    for (const value of values) {
      expect(refusal(() => apply('{}', '/a', value))).toMatch(/^ERR_INVALID_ARGUMENT ensureSection: what stands in/);
    }
    expect(Object.hasOwn({}, 'polluted') || 'polluted' in {}).toBe(false);
  });

  it('leaves a member called __proto__ that the file had, as a member', () => {
    const text = '{"__proto__":{"polluted":1},"a":{"__proto__":{"x":1}}}';
    const merged = apply(text, '/a', { b: 1 });
    expect(merged).toBe('{"__proto__":{"polluted":1},"a":{"__proto__":{"x":1},"b":1}}');
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['', 1, 1],
    ['{"secret": x}', 1, 12],
    ['{\n  "a": 1,\n}', 3, 1],
    ['{"a":1} x', 1, 9],
    ['{"a":1', 1, 7],
    ['// secret\n{}', 1, 1],
    ["{'secret':1}", 1, 2],
    ['{"secret', 1, 2],
  ])('says where %j is no JSON, and not what stands there', (text, line, column) => {
    const said = refusal(() => apply(text, '/a', 1));
    expect(said).toBe(
      `ERR_INVALID_ARGUMENT ensureSection: the file is refused: it is no JSON (line ${line}, column ${column})`,
    );
  });

  it('refuses a document of more than 100 levels before it goes down', () => {
    expect(apply(`{"x":${'['.repeat(99)}${']'.repeat(99)}}`, '/a', 1)).toMatch(/"a":1\}$/);
    expect(refusal(() => apply('['.repeat(4_000_000), '/a', 1))).toMatch(
      /more than 100 levels deep \(line 1, column 101\)/,
    );
  });
});

describe('sections that nobody thought of', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'b', '', '0', '~', '/', 'ä', '__proto__', 'constructor', 'prototype', 'toString'),
    // Nothing that is escaped: the JSON.parse that the model is made with may get such names wrong (nodejs/node#63785).
    fc.string({ maxLength: 3 }).filter((each) => !/["\\]/u.test(each)),
  );
  const json = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string(),
        fc.constantFrom(null, true),
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  }));
  const indent = fc.constantFrom(undefined, 2, 4, '\t');
  const strategy = fc.constantFrom('keep', 'replace', 'merge');
  it('come out as a plain model says, change nothing the second time, and pollute nothing', () => {
    fc.assert(
      fc.property(json.object, fc.array(name, { maxLength: 3 }), json.value, strategy, indent, (...given) => {
        const [document, tokens, value, how, spaces] = given;
        const text = JSON.stringify(document, undefined, spaces);
        const pointer = tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        const isForbidden = /"(?:__proto__|constructor|prototype)"[:,\]]/u.test(
          JSON.stringify([tokens, namesOf(value)]),
        );
        const model = modelOf(JSON.parse(text), tokens, JSON.parse(JSON.stringify(value)), how);
        const expected = isForbidden ? 'forbidden' : (model ?? 'no object');
        expect(look(text, (each) => apply(each, pointer, value, how))).toEqual(expected);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it('never break a document, nor take what is none', () => {
    const broken = fc
      .tuple(
        json.value,
        indent,
        fc.nat(),
        fc.constantFrom(
          '',
          ',',
          '}',
          ']',
          '"',
          ':',
          '0',
          '-',
          '.',
          'e',
          '\\',
          '/*',
          '\u0000',
          '\ufeff',
          '\u00a0',
          '[',
          '{',
        ),
      )
      .map(([value, spaces, place, put]) => {
        const text = JSON.stringify(value, undefined, spaces);
        const at = place % (text.length + 1);
        return text.slice(0, at) + put + text.slice(at + (place % 2));
      });
    fc.assert(
      fc.property(broken, (text) => {
        const isJson = !refusal(() => JSON.parse(text)).startsWith('SyntaxError');
        const said = refusal(() => apply(text, '', 1, 'keep'));
        expect([text, said.startsWith('no refusal')]).toEqual([text, isJson]);
      }),
      { seed: 1, numRuns: 10_000 },
    );
  });
});

/** What comes out, or why nothing does. What was done once must not be done again. */
function look(text: string, work: (text: string) => string | undefined): unknown {
  let result: string;
  try {
    result = work(text) ?? text;
  } catch (error) {
    return String(error).includes('which is no object') ? 'no object' : 'forbidden';
  }
  return work(result) === undefined ? { document: JSON.parse(result) as unknown } : 'not settled';
}

function namesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(namesOf)];
}

/** What ought to come out, by plain means; `undefined` where the pointer leads through what is no object. */
function modelOf(
  document: unknown,
  tokens: readonly string[],
  value: unknown,
  how: string,
): { readonly document: unknown } | undefined {
  const [token, ...rest] = tokens;
  if (token === undefined) {
    if (how === 'keep') return { document };
    return { document: how === 'merge' ? mergeModel(document, value) : value };
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  const members = new Map<string, unknown>(Object.entries(document));
  const inner = members.has(token)
    ? modelOf(members.get(token), rest, value, how)
    : { document: rest.reduceRight<unknown>((below, name) => Object.fromEntries([[name, below]]), value) };
  return inner === undefined ? undefined : { document: Object.fromEntries(members.set(token, inner.document)) };
}

function mergeModel(now: unknown, value: unknown): unknown {
  const isMap = (each: unknown): each is object => typeof each === 'object' && each !== null && !Array.isArray(each);
  if (!isMap(now) || !isMap(value)) return value;
  const merged = new Map<string, unknown>(Object.entries(now));
  for (const [name, member] of Object.entries(value)) {
    merged.set(name, merged.has(name) ? mergeModel(merged.get(name), member) : member);
  }
  return Object.fromEntries(merged);
}
