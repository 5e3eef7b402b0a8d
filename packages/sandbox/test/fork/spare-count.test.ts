import { describe, expect, it } from 'vitest';
import { countSpares } from '../../src/fork/spare-count.js';

const perSecond = (rate: number): number => rate / 1_000;
const unbounded = { atLeast: 1, atMost: 1_000 };

/** The chance that so many or more arrive while one starts. */
function chanceOf(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let fewer = 0;
  for (let arrivals = 0; arrivals < count; arrivals += 1) {
    fewer += term;
    term *= mean / (arrivals + 1);
  }
  return 1 - fewer;
}

describe('the number of spares', () => {
  it.each([
    [0.01, 50],
    [0.2, 50],
    [1.6, 50],
    [15, 40],
    [15, 120],
    [50, 60],
  ])('at %d runs a second and %d ms a start is the least that keeps a miss rare', (rate, startMs) => {
    const rare = 1 / Math.max(100, rate * 60);
    const spares = countSpares({ ...unbounded, perMs: perSecond(rate), startMs });
    const mean = perSecond(rate) * startMs;
    expect(chanceOf(spares, mean)).toBeLessThanOrEqual(rare);
    // One there is always.
    expect(spares === 1 || chanceOf(spares - 1, mean) > rare).toBe(true);
  });

  it('stays within its bounds', () => {
    expect(countSpares({ atLeast: 3, atMost: 8, perMs: 0, startMs: 50 })).toBe(3);
    expect(countSpares({ atLeast: 1, atMost: 8, perMs: 10, startMs: 50 })).toBe(8);
    expect(countSpares({ atLeast: 1, atMost: 8, perMs: 0, startMs: 50 })).toBe(1);
  });
});
