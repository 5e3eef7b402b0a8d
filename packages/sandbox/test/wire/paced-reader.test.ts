import { describe, expect, it } from 'vitest';
import { createPacedReader } from '../../src/wire/paced-reader.js';
import type { PacedReader } from '../../src/wire/paced-reader.js';

interface Scene {
  readonly reader: PacedReader;
  readonly seen: (number | string)[];
  /** Turns that the event loop has had since the scene was opened. */
  turns(): number;
}

/** Each byte is a message; 255 is one that nobody can handle, and 254 none at all. */
function openReader(): Scene {
  const seen: Scene['seen'] = [];
  let turns = 0;
  const tick = (): void => {
    turns += 1;
    if (turns < 1_000) setImmediate(tick);
  };
  setImmediate(tick);
  const reader = createPacedReader<number>({
    decode(bytes, take) {
      for (const byte of bytes) {
        if (byte === 254) throw new Error('garbled');
        take(byte);
      }
    },
    handle: (message) => {
      if (message === 255) throw new Error('unreadable');
      seen.push(message);
    },
    onEnd: () => seen.push('end'),
    onError: (error) => seen.push(error instanceof Error ? error.message : 'no error'),
  });
  return { reader, seen, turns: () => turns };
}

const bytes = (count: number, first = 0): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => (first + at) % 250);

describe('the paced reader', () => {
  it('handles a few at once, and asks nobody to wait', () => {
    const { reader, seen } = openReader();
    expect(reader.read(bytes(100))).toBe(undefined);
    expect(seen).toEqual([...bytes(100)]);
  });

  it('lets the event loop turn while it works through many, in order', async () => {
    const { reader, seen, turns } = openReader();
    const busy = reader.read(bytes(5_000));
    expect(busy).toBeInstanceOf(Promise);
    expect(seen.length).toBe(200);
    await busy;
    expect(seen).toEqual([...bytes(5_000)]);
    expect(turns()).toBeGreaterThanOrEqual(20);
  });

  it('counts all that come in one turn together', () => {
    const { reader, seen } = openReader();
    const answers = Array.from({ length: 5 }, () => reader.read(bytes(100)));
    expect(seen.length).toBe(200);
    expect(answers.map((answer) => answer !== undefined)).toEqual([false, false, true, true, true]);
  });

  it('tells the end behind the last message', async () => {
    const { reader, seen } = openReader();
    const busy = reader.read(bytes(1_000));
    reader.end();
    expect(seen).not.toContain('end');
    await busy;
    expect(seen.slice(-2)).toEqual([999 % 250, 'end']);
  });

  it('reads nothing after what cannot be handled', async () => {
    const { reader, seen } = openReader();
    await reader.read(Uint8Array.from([1, 255, 2]));
    await reader.read(bytes(3));
    expect(seen).toEqual([1, 'unreadable']);
  });

  it('handles what came before the bytes that are no message, in however few pieces all of it comes', async () => {
    const { reader, seen } = openReader();
    await reader.read(Uint8Array.from([...bytes(500), 254, 7]));
    await reader.read(bytes(3));
    expect(seen).toEqual([...bytes(500), 'garbled']);
  });
});
