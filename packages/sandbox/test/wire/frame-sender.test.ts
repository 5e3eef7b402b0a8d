import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeValue } from '../../src/wire/encode-value.js';
import { encodeFrame } from '../../src/wire/frame.js';
import { createFrameDecoder } from '../../src/wire/frame-decoder.js';
import { createFrameSender } from '../../src/wire/frame-sender.js';
import type { FrameSender } from '../../src/wire/frame-sender.js';
import { DEFAULT_WIRE_LIMITS } from '../../src/wire/limits.js';
import { carried } from './carried-values.js';

function openSender(sendsViews = true): { readonly sender: FrameSender; readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const sender = createFrameSender({ send: (bytes) => void sent.push(bytes), sendsViews });
  return { sender, sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const messagesIn = (sent: readonly Uint8Array[]): unknown[] =>
  createFrameDecoder(DEFAULT_WIRE_LIMITS)
    .push(new Uint8Array(Buffer.concat(sent)))
    .map(({ json }) => json);
const message = (json: number | string) => ({ json, binary: [] });

describe('a frame sender', () => {
  it('sends the first message of a turn at once, and the others of it together', async () => {
    const { sender, sent } = openSender();
    for (let n = 0; n < 50; n += 1) sender.send(message(n));
    expect(messagesIn(sent)).toEqual([0]);
    await turn();
    expect(sent.length).toBe(2);
    sender.send(message('next'));
    expect(messagesIn(sent)).toEqual([...Array.from({ length: 50 }, (_, n) => n), 'next']);
  });

  it('sends what it held together with what comes next', () => {
    const { sender, sent } = openSender();
    sender.hold(message('result'));
    expect(sent).toEqual([]);
    sender.send(message('done'));
    expect([sent.length, messagesIn(sent)]).toEqual([1, ['result', 'done']]);
  });

  it('sends what it held at the end of the turn where nothing comes', async () => {
    const { sender, sent } = openSender();
    sender.hold(message('result'));
    await turn();
    expect(messagesIn(sent)).toEqual(['result']);
  });

  it('sends what cannot wait at once, in its order, until that is a flood', async () => {
    const { sender, sent } = openSender();
    sender.hold(message('before'));
    for (let n = 0; n < 100; n += 1) sender.sendNow(message(n));
    expect(messagesIn(sent)).toEqual(['before', ...Array.from({ length: 96 }, (_, n) => n)]);
    expect(sent.length).toBe(16 + 5);
    sender.flush();
    expect(messagesIn(sent).length).toBe(101);
    await turn();
    expect(sent.length).toBe(22);
  });

  it('sends nothing of what is refused, and shows what it would have sent', async () => {
    const { sender, sent } = openSender();
    const seen: unknown[] = [];
    const refuse = (json: Uint8Array, binaryBytes: number): string => {
      seen.push([new TextDecoder().decode(json), binaryBytes]);
      return 'no';
    };
    expect(sender.sendUnless(refuse, encodeValue(['a', new Uint8Array(3)]))).toBe('no');
    expect(sender.sendUnless(() => undefined, message('yes'))).toBeUndefined();
    await turn();
    expect(messagesIn(sent)).toEqual(['yes']);
    expect(seen).toEqual([['[["a",{"$":["bytes","Uint8Array",0]}],[3]]', 3]]);
  });

  it('copies what is small or may change, and lends what is large and will not', async () => {
    const large = new Uint8Array(100_000).fill(1);
    const { sender, sent } = openSender();
    sender.send(encodeValue(large));
    sender.lend(encodeValue(large.subarray(0, 10)));
    sender.lend(encodeValue(large));
    large.fill(2);
    await turn();
    const parts = createFrameDecoder(DEFAULT_WIRE_LIMITS)
      .push(new Uint8Array(Buffer.concat(sent)))
      .map(({ binary }) => binary[0]?.[0]);
    expect(parts).toEqual([1, 1, 2]);
    expect(sent.some((bytes) => bytes.buffer === large.buffer)).toBe(true);
    const copies = sent.filter(({ buffer }) => buffer !== large.buffer).map(({ buffer }) => buffer.byteLength);
    expect(Math.max(...copies)).toBe(65_536);
  });

  it('gives a transport that clones memory nothing but the bytes', async () => {
    const large = new Uint8Array(100_000);
    const { sender, sent } = openSender(false);
    for (const value of ['a', large, 'b', large.subarray(7, 9)]) sender.lend(encodeValue(value));
    sender.sendNow(message('c'));
    await turn();
    expect(sent.every((bytes) => bytes.buffer.byteLength === bytes.byteLength && bytes.buffer !== large.buffer)).toBe(
      true,
    );
  });

  it('says of the copies of large parts that nobody else has them, and of nothing else', () => {
    const own: Uint8Array[] = [];
    const others: Uint8Array[] = [];
    const send = (bytes: Uint8Array, isOwn = false): void => void (isOwn ? own : others).push(bytes);
    const sender = createFrameSender({ send, sendsViews: true });
    const large = new Uint8Array(200_000).fill(1);
    sender.lend(encodeValue(large));
    sender.send(encodeValue('text'));
    expect(own).toEqual([]);
    expect(others.some(({ buffer }) => buffer === large.buffer)).toBe(true);
    sender.send(encodeValue(large));
    expect(Buffer.concat(own).equals(large)).toBe(true);
    const isWhole = own.every(({ buffer, byteLength }) => buffer !== large.buffer && buffer.byteLength === byteLength);
    expect([isWhole, new Set(own.map(({ buffer }) => buffer)).size]).toEqual([true, own.length]);
  });

  it('writes the bytes that encodeFrame does, and never the same memory twice', async () => {
    const words = fc.array(fc.tuple(carried, fc.constantFrom('send', 'lend', 'sendNow', 'hold')), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(words, async (said) => {
        const sent: Uint8Array[] = [];
        const asTheyLeft: Buffer[] = [];
        const send = (bytes: Uint8Array): void => {
          sent.push(bytes);
          asTheyLeft.push(Buffer.from(bytes));
        };
        const sender = createFrameSender({ send, sendsViews: true });
        const encoded = said.map(([value, how]) => [encodeValue(value), how] as const);
        for (const [one, how] of encoded) sender[how](one);
        await turn();
        expect(Buffer.concat(sent).equals(Buffer.concat(asTheyLeft))).toBe(true);
        expect(Buffer.concat(sent).equals(Buffer.concat(encoded.map(([one]) => encodeFrame(one))))).toBe(true);
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});
