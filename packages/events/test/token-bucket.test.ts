import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/token-bucket.js';
import { HeldClock } from './open-bus.js';

describe('a token bucket', () => {
  it('gives a burst, then one token whenever its time has come', () => {
    const clock = new HeldClock();
    const bucket = new TokenBucket({ clock, perMinute: 60, burst: 2 });
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 1000]);
    clock.move(999);
    expect(bucket.take()).toBe(1);
    clock.move(1);
    expect([bucket.take(), bucket.take()]).toEqual([0, 1000]);
    clock.move(3_600_000);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 1000]);
  });

  it('never gives more than the burst and its rate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }), (pauses) => {
        const clock = new HeldClock();
        const bucket = new TokenBucket({ clock, perMinute: 600, burst: 5 });
        const given = pauses.filter((ms) => {
          clock.move(ms);
          return bucket.take() === 0;
        }).length;
        expect(given).toBeLessThanOrEqual(5 + clock.monotonic() / 100);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
