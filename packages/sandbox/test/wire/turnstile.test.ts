import { describe, expect, it } from 'vitest';
import { createTurnstile } from '../../src/wire/turnstile.js';

describe('a turnstile', () => {
  const full = (): Error => new Error('full');

  it('lets so many in, and the others when somebody leaves, in the order in which they came', async () => {
    const turnstile = createTurnstile(10, full);
    const entered: number[] = [];
    for (const n of [1, 2, 3, 4, 5]) void turnstile.enter(2).then(() => entered.push(n));
    await settle();
    expect(entered).toEqual([1, 2]);
    turnstile.leave();
    await settle();
    expect(entered).toEqual([1, 2, 3]);
    turnstile.leave();
    turnstile.leave();
    await settle();
    expect(entered).toEqual([1, 2, 3, 4, 5]);
    for (const _ of [1, 2]) turnstile.leave();
    await turnstile.enter(2);
    await turnstile.enter(2);
    const late = turnstile.enter(2).then(() => entered.push(6));
    await settle();
    expect(entered).not.toContain(6);
    turnstile.leave();
    await late;
  });

  it('refuses who would be one too many in the line, and takes others once it has moved', async () => {
    const turnstile = createTurnstile(2, full);
    await turnstile.enter(1);
    const waiting = [turnstile.enter(1), turnstile.enter(1)];
    await expect(turnstile.enter(1)).rejects.toThrow('full');
    turnstile.leave();
    await waiting[0];
    const next = turnstile.enter(1);
    await expect(turnstile.enter(1)).rejects.toThrow('full');
    turnstile.leave();
    turnstile.leave();
    await Promise.all([...waiting, next]);
  });

  it('moves a long line as fast as a short one', async () => {
    const turnstile = createTurnstile(200_000, full);
    await turnstile.enter(1);
    const line = Array.from({ length: 200_000 }, () => turnstile.enter(1));
    const begun = process.cpuUsage();
    for (const place of line) {
      turnstile.leave();
      await place;
    }
    // Where each step moved all that are behind, this took half a minute.
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(5_000);
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
