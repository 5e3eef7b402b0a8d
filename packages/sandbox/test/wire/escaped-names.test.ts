import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue } from '../../src/wire/decode-value.js';
import { encodeValue } from '../../src/wire/encode-value.js';
import { isPlainName } from '../../src/wire/escaped-names.js';
import { encodeFrame } from '../../src/wire/frame.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import { DEFAULT_WIRE_LIMITS } from '../../src/wire/limits.js';
import type { WireValue } from '../../src/wire/wire-value.js';

function overTheWire(value: unknown): unknown {
  const [message] = createFrameDecoder(DEFAULT_WIRE_LIMITS).push(encodeFrame(encodeValue(value)));
  if (message === undefined) throw new Error('no message');
  return decodeValue(message);
}

// One value makes V8 take a later escaped name for another, on Node 24 and 26 (nodejs/node#63785).
const pairs: readonly [string, string][] = [
  ['\\', '"'],
  ['\\', '\n'],
  ['\\u', '\u0001\u0002'],
  ['a\\', 'a"'],
  ['a\\nb', 'a\nb\n'],
  ['\\"', '""'],
  ['\\ud80', '\ud800abc'],
];

describe('names with escapes', () => {
  it.each(pairs)('%j sent before %j changes nothing', (first, second) => {
    const lead = `lead${pairs.findIndex(([a, b]) => a === first && b === second)}`;
    expect(Object.keys(overTheWire({ [lead]: [], [first]: 0 }) as object)).toEqual([lead, first]);
    expect(Object.keys(overTheWire({ [lead]: 1, [second]: 2 }) as object)).toEqual([lead, second]);
  });

  it.each(pairs)('%j that arrived does not change how this process reads %j elsewhere', (first, second) => {
    const lead = `other${pairs.findIndex(([a, b]) => a === first && b === second)}`;
    overTheWire({ [lead]: [], [first]: 0 });
    // Not JSON.stringify of an object: to make one with this name would itself be the first step of the defect.
    const json = `{"${lead}":1,${JSON.stringify(second)}:2}`;
    expect(Object.keys(JSON.parse(json) as object)).toEqual([lead, second]);
  });

  it('stay own data, with the prototype of plain objects', () => {
    const arrived = overTheWire(JSON.parse('{"__proto__":{"admin":true},"\\n":[1],"$":0}')) as object;
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Object.entries(arrived)).toEqual([
      ['__proto__', { admin: true }],
      ['\n', [1]],
      ['$', 0],
    ]);
    expect(Reflect.get(arrived, 'admin')).toBeUndefined();
  });

  it.each<[string, WireValue]>([
    ['a name that stands twice', ['a', 1, 'a', 2]],
    ['__proto__ twice', ['__proto__', 1, '__proto__', 2]],
    ['a name without a value', ['a', 1, 'b']],
    ['a name that is no text', [1, 1]],
    ['no list', { a: 1 }],
  ])('are refused: %s', (_, content) => {
    expect(() => decodeValue({ json: { $: ['Entries', content] }, binary: [] })).toThrow(TypeError);
  });

  it('never stand as names in what is sent', () => {
    const isClear = fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (codes) => {
      const name = `n${String.fromCharCode(...codes)}`;
      const text = JSON.stringify(encodeValue({ [name]: 1 }).json);
      return isPlainName(name) ? text === `{${JSON.stringify(name)}:1}` : text.startsWith('{"$":["Entries",[');
    });
    expect(fc.check(isClear, { seed: 1, numRuns: 300 })).toMatchObject({ failed: false });
  });
});
