import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../src/parse-json.js';

const namesOf = (value: unknown): string[] => Object.keys(value as object);

describe('parseJson', () => {
  it.each([
    ['\\', '"'],
    ['\\', '\n'],
    ['\\u', '\u0001\u0002'],
    ['a\\', 'a"'],
    ['\\"', '""'],
  ])('%j read before %j changes nothing', (first, second) => {
    const lead = `lead-${JSON.stringify([first, second]).replaceAll(/\W/gu, '-')}`;
    expect(namesOf(parseJson(`{"${lead}":[],${JSON.stringify(first)}:0}`))).toEqual([lead, first]);
    const text = `{"${lead}":1,${JSON.stringify(second)}:2}`;
    expect(namesOf(parseJson(text))).toEqual([lead, second]);
    // Nor has it taught the process anything.
    expect(namesOf(JSON.parse(text))).toEqual([lead, second]);
  });

  it.each([
    'null',
    '"a\\n"',
    '[]',
    '{"a":{"b":["\\n",{"c":null}]}}',
    '{"\\u0061":1}',
    '{"a":1,"\\u0061":2}',
    '{"\\n" :1, "\\t"\n:{"\\"":[{"\\\\":2}]}}',
    '{"__proto__":{"\\n":1},"\\u005f_proto__":2}',
    '{"name 0":1,"\\n":2,"name  0":3}',
    '{"\\n":"\\n:","x":"\\":"}',
    '{"2":1,"\\u0031":2}',
    '{"\\ud800":1,"\\ud83d\\ude00":2}',
  ])('reads %s as what it says', (text) => {
    const reference: unknown = JSON.parse(text);
    expect(isDeepStrictEqual(parseJson(text), reference)).toBe(true);
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(reference));
  });

  it.each(['', '{', '{"\\n":}', '{"\\x":1}', '{"\\n"}', '"\\', '{"a":1}"\\n":2', '{"\\n":1,}'])(
    'throws for %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('reads what is deep, and text with many escapes, without delay', () => {
    expect(() => parseJson(`${'['.repeat(100_000)}{"\\n":1}${']'.repeat(100_000)}`)).not.toThrow();
    const text = '\n"'.repeat(500_000);
    expect(parseJson(JSON.stringify({ text }))).toEqual({ text });
  });
});
