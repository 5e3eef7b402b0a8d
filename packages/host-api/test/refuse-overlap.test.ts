import { describe, expect, it } from 'vitest';
import { refuseOverlap } from '../src/refuse-overlap.js';

describe('a turn', () => {
  it('refuses what comes while the one before it is under way, and takes what comes after its end, good or bad', async () => {
    const turn = refuseOverlap('net.readBody', 'await each chunk before the next');
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = turn.take(() => promise);
    await expect(turn.take(() => Promise.resolve('never'))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'net.readBody: the call before this one still waits',
      hint: 'await each chunk before the next',
    });
    resolve('first');
    expect(await first).toBe('first');
    await expect(turn.take(() => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
    expect(await turn.take(() => Promise.resolve('last'))).toBe('last');
  });
});
