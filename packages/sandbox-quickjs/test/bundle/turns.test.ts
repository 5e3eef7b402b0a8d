import { describe, expect, it } from 'vitest';
import { createTurns } from '../../src/bundle/turns.js';

describe('turns', () => {
  it('are so many at a time, in order, and nobody who left takes one', async () => {
    const turns = createTurns(2);
    const seen: number[] = [];
    const taken = [0, 1, 2, 3, 4].map((number) => {
      const turn = turns.take();
      void turn.ready.then(() => seen.push(number));
      return turn;
    });
    await Promise.resolve();
    expect(seen).toEqual([0, 1]);
    taken[2]?.leave();
    taken[0]?.leave();
    taken[0]?.leave();
    await Promise.resolve();
    expect(seen).toEqual([0, 1, 3]);
    taken[1]?.leave();
    await Promise.resolve();
    expect(seen).toEqual([0, 1, 3, 4]);
  });
});
