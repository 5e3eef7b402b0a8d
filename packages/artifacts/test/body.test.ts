import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { piecesOf } from '../src/body.js';
import { code } from './artifact-fixture.js';

async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < count; sent += 1) yield Uint8Array.of(sent % 256);
}

describe('piecesOf', () => {
  it('listens to the signal once for a body of many pieces, and not any more when that has ended', async () => {
    const { signal } = new AbortController();
    const listening = new Set<number>();
    let sum = 0;
    for await (const piece of piecesOf(bytes(1_000), signal)) {
      listening.add(getEventListeners(signal, 'abort').length);
      sum += piece.byteLength;
    }
    expect([sum, [...listening], getEventListeners(signal, 'abort')]).toEqual([1_000, [1], []]);
  });

  it.each(['between two pieces', 'while it waits for one'])(
    'ends with a signal that goes %s, and lets go of it',
    async (when) => {
      const ending = new AbortController();
      const seen: number[] = [];
      const read = async (): Promise<void> => {
        for await (const [piece] of piecesOf(bytes(10), ending.signal)) {
          seen.push(piece ?? Number.NaN);
          if (piece !== 3) continue;
          if (when === 'between two pieces') ending.abort();
          else queueMicrotask(() => ending.abort());
        }
      };
      await expect(read()).rejects.toThrow(code('ERR_ABORTED'));
      expect([seen, getEventListeners(ending.signal, 'abort')]).toEqual([[0, 1, 2, 3], []]);
    },
  );
});
