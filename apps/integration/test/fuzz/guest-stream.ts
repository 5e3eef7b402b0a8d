import { isDeepStrictEqual } from 'node:util';
import { decodeValue, encodeValue } from '@kb-labs/sandbox/wire';
import type { WireValue } from '@kb-labs/sandbox/wire';
import * as fc from 'fast-check';

/** The bytes of one message, by the documented form of a frame: two lengths, JSON, parts. */
export function frameOf(message: unknown): Buffer {
  const { json, binary } = encodeValue(message);
  const text = Buffer.from(JSON.stringify([json, binary.map((part) => part.byteLength)]));
  const parts = Buffer.concat(binary);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(4 + text.length + parts.length, 0);
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, text, parts]);
}

const values = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), at: fc.date(), big: fc.bigInt(), text: fc.string() }),
  fc
    .integer({ min: 16_380, max: 16_400 })
    .map((length) => ['long'.padEnd(length, '\u00e9'), undefined, Number.NaN, -0]),
  fc
    .uniqueArray(fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 1 })), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => new Map(entries)),
);

const words = fc.oneof(
  fc.record({
    t: fc.constant('log'),
    run: fc.constant(1),
    level: fc.constantFrom('info', 'warn'),
    source: fc.constantFrom('log', 'console', 'stdout'),
    text: fc.string({ unit: 'grapheme' }),
    fields: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
  }),
  fc.record({
    t: fc.constant('progress'),
    run: fc.constant(1),
    message: fc.string(),
    fraction: fc.constantFrom(0, 0.5, 1, undefined),
  }),
);

/** What an honest guest says after `ready`: lines and calls in any order, then its result. */
export const conversations = fc
  .record({ said: fc.array(words, { maxLength: 6 }), calls: fc.nat(4), value: values })
  .map(({ said, calls, value }) => {
    const asked = Array.from({ length: calls }, (_, n) => ({
      t: 'call',
      run: 1,
      id: n + 1,
      name: 'fs.stat',
      args: ['a', { n }],
    }));
    const messages = [...said, ...asked, { t: 'result', run: 1, ok: true, value }];
    return { frames: messages.map(frameOf), value: decodeValue(encodeValue(value)) };
  });

/** What befalls whole frames on their way: none of it changes a byte of one. */
const structural = fc.record({
  kind: fc.constantFrom('repeat', 'drop', 'swap', 'move to the end', 'cut short'),
  at: fc.nat(),
  to: fc.nat(),
});

/** The frames as they arrive: repeated, dropped, in another order, cut. */
export const disorders = fc.array(structural, { minLength: 1, maxLength: 3 });

/**
 * Puts frames into disorder. What is cut short ends the stream, as a pipe does that breaks: frames have no checksum, for nothing between a guest and its host
 * loses bytes in the middle.
 */
export function disorder(frames: readonly Buffer[], changes: readonly Structural[]): Buffer[] {
  const cutsLast = changes.toSorted(
    (one, other) => Number(one.kind === 'cut short') - Number(other.kind === 'cut short'),
  );
  return cutsLast.reduce<Buffer[]>(
    (before, { kind, at, to }) => {
      const place = at % before.length;
      const other = to % before.length;
      const frame = before[place] ?? Buffer.alloc(0);
      const rest = before.toSpliced(place, 1);
      switch (kind) {
        case 'repeat':
          return before.toSpliced(other, 0, frame);
        case 'drop':
          return rest.length === 0 ? before : rest;
        case 'swap':
          return before.with(place, before[other] ?? frame).with(other, frame);
        case 'move to the end':
          return [...rest, frame];
        default:
          return [...before.slice(0, place), frame.subarray(0, to % frame.length || 1)];
      }
    },
    [...frames],
  );
}

type Structural = typeof structural extends fc.Arbitrary<infer Made> ? Made : never;

const bitwise = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'repeat', 'insert', 'end', 'lie'),
  at: fc.nat(),
  length: fc.nat(64),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});
type Bitwise = typeof bitwise extends fc.Arbitrary<infer Made> ? Made : never;

/** What befalls bytes: flipped, set, cut out, repeated, put between, cut off, and lengths that lie. */
export const damages = fc.array(bitwise, { minLength: 1, maxLength: 3 });

/** Damages a stream. */
export function damage(stream: Buffer, changes: readonly Bitwise[]): Buffer {
  return changes.reduce((bytes, { kind, at: place, length, bytes: put }) => {
    const at = bytes.length === 0 ? 0 : place % bytes.length;
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    const first = put[0] ?? 0;
    switch (kind) {
      case 'flip':
        return Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (1 << (first & 7))), tail.subarray(1)]);
      case 'set':
        return Buffer.concat([head, put, tail.subarray(put.length)]);
      case 'cut':
        return Buffer.concat([head, tail.subarray(length)]);
      case 'repeat':
        return Buffer.concat([head, tail.subarray(0, length), tail]);
      case 'insert':
        return Buffer.concat([head, put, tail]);
      case 'end':
        return head;
      default:
        // One byte of the first two lengths, wherever they are by now.
        return Buffer.concat([bytes.subarray(0, at % 8), Buffer.of(first), bytes.subarray((at % 8) + 1)]);
    }
  }, stream);
}

/**
 * The value of the first result that whole frames say, read in the plainest way: all bytes at hand, no limits, no state. `undefined` where there is
 * none, boxed where there is.
 */
export function resultIn(stream: Buffer): { readonly value: unknown } | undefined {
  let rest = stream;
  while (rest.length >= 8) {
    const end = 4 + rest.readUInt32BE(0);
    const text = rest.readUInt32BE(4);
    if (end < 8 + text || rest.length < end) return undefined;
    const message = readMessage(rest.subarray(8, 8 + text), rest.subarray(8 + text, end));
    if (message?.['t'] === 'result' && message['ok'] === true) return { value: message['value'] };
    rest = rest.subarray(end);
  }
  return undefined;
}

function readMessage(text: Buffer, bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const [json, sizes] = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as [WireValue, number[]];
    const ends = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
    const binary = ends.map((end, index) => new Uint8Array(bytes.subarray(end - (sizes[index] ?? 0), end)));
    return decodeValue({ json, binary }) as Record<string, unknown>;
  } catch {
    // No message: what the host makes of it is its own affair, but a result it is not.
    return undefined;
  }
}

/** Whether two values are the same, kinds and signs included. */
export function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}
