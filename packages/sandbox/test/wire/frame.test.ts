import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { encodeValue } from '../../src/wire/encode-value.js';
import { encodeFrame, FrameError } from '../../src/wire/frame.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import type { FrameDecoder } from '../../src/wire/frame-decoder.js';
import { DEFAULT_WIRE_LIMITS, wireLimitsFor } from '../../src/wire/limits.js';
import type { EncodedValue } from '../../src/wire/wire-value.js';
import { carried } from './carried-values.js';
import { readNaively } from './naive-frames.js';

const small = {
  maxJsonBytes: 2_048,
  maxBinaryBytes: 1_024,
  maxDepth: 8,
  maxElements: 256,
  maxCallJsonBytes: 2_048,
  maxCallElements: 256,
};

function frameOf(
  json: string,
  binary: Uint8Array = new Uint8Array(0),
  lengths?: readonly [number, number],
): Uint8Array {
  const text = new TextEncoder().encode(json);
  const frame = new Uint8Array(8 + text.byteLength + binary.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, lengths?.[0] ?? 4 + text.byteLength + binary.byteLength);
  view.setUint32(4, lengths?.[1] ?? text.byteLength);
  frame.set(text, 8);
  frame.set(binary, 8 + text.byteLength);
  return frame;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('frames', () => {
  const messages = ['a', { t: 'log' }, [new Uint8Array([1, 2, 3]), 'x'.repeat(20_000)], null].map(encodeValue);
  const stream = concat(messages.map(encodeFrame));

  it.each([1, 2, 3, 7, 8, 9, 1_000, stream.byteLength])('arrive whole in pieces of %i bytes', (size) => {
    const decoder = createFrameDecoder(DEFAULT_WIRE_LIMITS);
    const arrived: EncodedValue[] = [];
    for (let at = 0; at < stream.byteLength; at += size) arrived.push(...decoder.push(stream.subarray(at, at + size)));
    expect(arrived).toEqual(messages);
    expect(decoder.pendingBytes).toBe(0);
  });

  it('of every carried kind arrive as they left', () => {
    fc.assert(
      fc.property(carried, (value) => {
        const encoded = encodeValue(value);
        const [arrived] = createFrameDecoder(DEFAULT_WIRE_LIMITS).push(encodeFrame(encoded));
        expect(JSON.stringify(arrived)).toBe(JSON.stringify(encoded));
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('that drip in a byte at a time are held once, in memory of their own size', () => {
    const decoder = createFrameDecoder(DEFAULT_WIRE_LIMITS);
    const frame = encodeFrame({ json: null, binary: [new Uint8Array(500_000)] });
    for (let at = 0; at < frame.byteLength - 1; at += 1) decoder.push(frame.subarray(at, at + 1));
    expect(decoder.pendingBytes).toBe(frame.byteLength - 1);
    expect(decoder.push(frame.subarray(-1))).toHaveLength(1);
    expect(decoder.pendingBytes).toBe(0);
  });
});

describe('a frame decoder refuses', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'more JSON than allowed, by its header alone',
      frameOf('', undefined, [5_000, 4_000]).subarray(0, 8),
      '4000 bytes of JSON',
    ],
    [
      'more bytes than allowed, by its header alone',
      frameOf('', undefined, [5_000, 10]).subarray(0, 8),
      '4986 raw bytes',
    ],
    ['4 GiB', frameOf('', undefined, [0xff_ff_ff_ff, 10]).subarray(0, 8), 'raw bytes'],
    ['lengths that disagree', frameOf('[1,[]]', undefined, [10, 11]), 'do not agree'],
    ['no JSON at all', frameOf('', new Uint8Array(9)), 'do not agree'],
    ['a length of nothing', new Uint8Array(8), 'do not agree'],
    ['an HTTP request', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), 'bytes of JSON'],
    ['what is not JSON', frameOf('[1,[]'), 'not JSON'],
    ['what is not UTF-8', frameOf('["x",[]]').fill(0xff, 10, 11), 'not JSON'],
    ['a byte order mark', frameOf('\ufeff[1,[]]'), 'not JSON'],
    ['no sizes', frameOf('[1]'), 'without a message'],
    ['sizes that are no list', frameOf('[1,{}]'), 'without a message'],
    ['three members', frameOf('[1,[],2]'), 'without a message'],
    ['an object', frameOf('{"0":1,"1":[],"length":2}'), 'without a message'],
    ['sizes beyond its bytes', frameOf('[1,[4]]', new Uint8Array(3)), 'do not add up'],
    ['bytes that no size names', frameOf('[1,[2]]', new Uint8Array(3)), 'do not add up'],
    ['a negative size', frameOf('[1,[4,-1]]', new Uint8Array(3)), 'no size'],
    ['half a byte', frameOf('[1,[0.5,2.5]]', new Uint8Array(3)), 'no size'],
    ['a size of text', frameOf('[1,["3"]]', new Uint8Array(3)), 'no size'],
    ['a size beyond all numbers', frameOf('[1,[1e999]]', new Uint8Array(3)), 'no size'],
    ['depth', frameOf(`[${'['.repeat(45)}${']'.repeat(45)},[]]`), 'levels'],
    ['a flood of parts', frameOf(`[1,[${'0,'.repeat(99)}0]]`), '100 parts'],
  ])('%s', (_, bytes, message) => {
    expect(() => createFrameDecoder(small).push(bytes)).toThrow(message);
    expect(() => createFrameDecoder(small).push(bytes)).toThrow(FrameError);
  });

  it('everything after the first bad byte, with the same error', () => {
    const decoder = createFrameDecoder(small);
    expect(() => decoder.push(frameOf('nonsense'))).toThrow(FrameError);
    expect(() => decoder.push(encodeFrame({ json: 1, binary: [] }))).toThrow('not JSON');
    expect(() => decoder.push(new Uint8Array(0))).toThrow('not JSON');
  });
});

describe('a frame decoder under attack', () => {
  const good = [1, { t: 'call', id: 1 }, [true, new Uint8Array([9, 9])], 'x'.repeat(700)].map((value) =>
    encodeFrame(encodeValue(value)),
  );
  const change = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), to: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(16) }),
    fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat(64) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 12 }) }),
    fc.record({ kind: fc.constant('end' as const), at: fc.nat() }),
  );
  type Change = typeof change extends fc.Arbitrary<infer Made> ? Made : never;

  function damage(bytes: Uint8Array, { at: place, ...how }: Change): Uint8Array {
    const at = bytes.byteLength === 0 ? 0 : place % bytes.byteLength;
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (how.kind) {
      case 'flip':
        return concat([head, Uint8Array.of(how.to), tail.subarray(1)]);
      case 'cut':
        return concat([head, tail.subarray(how.length)]);
      case 'repeat':
        return concat([head, tail.subarray(0, how.length), tail]);
      case 'insert':
        return concat([head, how.bytes, tail]);
      case 'end':
        return head;
      default:
        return how satisfies never;
    }
  }

  function feed(decoder: FrameDecoder, bytes: Uint8Array, piece: number): number {
    let messages = 0;
    for (let at = 0; at < bytes.byteLength; at += piece) {
      messages += decoder.push(bytes.subarray(at, at + piece)).length;
      const most = 8 + small.maxJsonBytes + small.maxBinaryBytes;
      if (decoder.pendingBytes > most) throw new Error('it holds more than one frame');
    }
    return messages;
  }

  it('gives messages or a FrameError, in 20 000 damaged streams, and holds no more than one frame', () => {
    const outcomes = { messages: 0, errors: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...good), { minLength: 1, maxLength: 4 }),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 400 }),
        (frames, changes, piece) => {
          const bytes = changes.reduce(damage, concat(frames));
          try {
            outcomes.messages += feed(createFrameDecoder(small), bytes, piece);
          } catch (error) {
            if (!(error instanceof FrameError)) throw error;
            outcomes.errors += 1;
          }
        },
      ),
      { seed: 1, numRuns: 20_000 },
    );
    expect(outcomes.messages).toBeGreaterThan(1_000);
    expect(outcomes.errors).toBeGreaterThan(1_000);
  });
});

describe('a frame decoder beside one that is plain and slow', () => {
  const limits = { ...small, maxCallElements: 64, maxCallJsonBytes: 1_024 };
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), none: fc.constant(new Uint8Array(0)), text: fc.string() }),
    fc.constant({ t: 'result', run: 1, ok: true, value: Array.from({ length: 100 }, () => 1) }),
  );
  const piece = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 600 }), fc.constant(1_000_000));
  const wound = fc.record({ at: fc.nat(), to: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'double', 'end') });
  type Wound = typeof wound extends fc.Arbitrary<infer Made> ? Made : never;

  function hurt(bytes: Buffer, { at: place, to, kind }: Wound): Buffer {
    const at = place % (bytes.length + 1);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (kind === 'set') return Buffer.concat([head, Buffer.of(to), tail.subarray(1)]);
    if (kind === 'cut') return Buffer.concat([head, tail.subarray(to)]);
    return kind === 'double' ? Buffer.concat([head, tail.subarray(0, to), tail]) : head;
  }

  it('gives the same messages and the same refusals, for whole and damaged streams in pieces of any size', () => {
    const counts = { messages: 0, broken: 0, whole: 0 };
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 5 }),
        fc.array(wound, { maxLength: 2 }),
        piece,
        (said, wounds, size) => {
          const stream = wounds.reduce(hurt, Buffer.concat(said.map((value) => encodeFrame(encodeValue(value)))));
          const expected = readNaively(stream, limits);
          const decoder = createFrameDecoder(limits);
          const messages: EncodedValue[] = [];
          let isBroken = false;
          try {
            for (let at = 0; at < stream.length; at += size)
              decoder.read(stream.subarray(at, at + size), (message) => messages.push(message));
          } catch (error) {
            if (!(error instanceof FrameError)) throw error;
            isBroken = true;
          }
          expect({ messages, isBroken }).toEqual(expected);
          // Nothing keeps alive, or shares, the memory that it came in.
          for (const part of messages.flatMap(({ binary }) => binary)) expect(part.buffer.byteLength).toBe(part.length);
          counts.messages += messages.length;
          counts[isBroken ? 'broken' : 'whole'] += 1;
        },
      ),
      { seed: 1, numRuns: 1_500 },
    );
    expect(Math.min(counts.broken, counts.whole, counts.messages / 10)).toBeGreaterThan(150);
  });
});

describe('a frame that is no result', () => {
  const frameOf = (message: object): Uint8Array => encodeFrame(encodeValue(message));

  it('has less room than a result, for it may come again and again', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => index);
    const take = (message: object): number =>
      createFrameDecoder(wireLimitsFor(8_388_608)).push(frameOf(message)).length;
    expect(take({ t: 'result', ok: true, value: many })).toBe(1);
    expect(() => take({ t: 'call', id: 1, name: 'fs.stat', args: [many] })).toThrow('more than 20000 elements');
    expect(() => take({ t: 'log', fields: { many } })).toThrow(FrameError);
    const wide = Array.from({ length: 100 }, () => 'x'.repeat(16_000));
    expect(take({ t: 'result', ok: true, value: wide })).toBe(1);
    expect(() => take({ t: 'call', id: 1, name: 'fs.stat', args: [wide] })).toThrow('1048576 allowed');
  });

  it('is known by its first word, wherever else the word stands', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => index);
    const late = frameOf({ many, t: 'result', ok: true });
    expect(() => createFrameDecoder(wireLimitsFor(8_388_608)).push(late)).toThrow(FrameError);
  });

  it('is not taken for a result where it says that it is one, and then that it is a call', () => {
    const call = '"t":"call","run":1,"id":1,"name":"fs.stat","args":[]';
    const take = (text: string): number => {
      const frame = Buffer.concat([Buffer.alloc(8), Buffer.from(text)]);
      frame.writeUInt32BE(frame.length - 4, 0);
      frame.writeUInt32BE(frame.length - 8, 4);
      return createFrameDecoder(wireLimitsFor(8_388_608)).push(frame).length;
    };
    expect(take(`[{${call}},[]]`)).toBe(1);
    expect(() => take(`[{"t":"result",${call}},[]]`)).toThrow('a result that is none');
  });
});
