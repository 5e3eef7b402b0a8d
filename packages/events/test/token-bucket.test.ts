import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/token-bucket.js';
import { HeldClock } from './open-bus.js';

describe('a token bucket', () => {
  it.each([true, false])('gives a burst, then one token whenever its time has come; steady: %s', (steady) => {
    const clock = new HeldClock();
    const bucket = new TokenBucket({ clock, perMinute: 60, burst: 2, steady });
    const take = (): number => bucket.take(clock.now());
    expect([take(), take(), take()]).toEqual([0, 0, 1000]);
    clock.move(999);
    expect(take()).toBe(1);
    clock.move(1);
    expect([take(), take()]).toEqual([0, 1000]);
    clock.move(3_600_000);
    expect([take(), take(), take()]).toEqual([0, 0, 1000]);
  });

  it('never gives more than the burst and its rate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }), fc.boolean(), (pauses, steady) => {
        const clock = new HeldClock();
        const bucket = new TokenBucket({ clock, perMinute: 600, burst: 5, steady });
        const given = pauses.filter((ms) => {
          clock.move(ms);
          return bucket.take(clock.now()) === 0;
        }).length;
        expect(given).toBeLessThanOrEqual(5 + clock.monotonic() / 100);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('answers as one that asks for the time at each take, a millisecond late at most', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 300 }), (pauses) => {
        const clock = new HeldClock();
        // As the system's: whole milliseconds to stamp with, fractions to measure with.
        const now = (): number => Math.trunc(clock.now());
        const options = { clock, perMinute: 60_000, burst: 3 };
        const [exact, steady] = [
          new TokenBucket({ ...options, steady: false }),
          new TokenBucket({ ...options, steady: true }),
        ];
        let [given, allowed] = [0, 0];
        for (const ms of pauses) {
          clock.move(ms);
          if (exact.take(now()) === 0) allowed += 1;
          if (steady.take(now()) === 0) given += 1;
          // One token flows in each millisecond.
          expect(Math.abs(given - allowed)).toBeLessThanOrEqual(2);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
