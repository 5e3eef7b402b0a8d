import { describe, expect, it } from 'vitest';
import { arrivalGaps, callAtRandom } from '../src/arrivals.js';

describe('arrivals at random', () => {
  const gaps = arrivalGaps({ perSecond: 15, count: 2000 });

  it('come as often as they are asked to, and always the same', () => {
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeGreaterThan((1000 / 15) * 0.95);
    expect(mean).toBeLessThan((1000 / 15) * 1.05);
    expect(arrivalGaps({ perSecond: 15, count: 2000 })).toEqual(gaps);
  });

  it('come in bursts: as many gaps are shorter than their mean as in a Poisson process', () => {
    const shorter = gaps.filter((gap) => gap < 1000 / 15).length / gaps.length;
    expect(Math.abs(shorter - (1 - 1 / Math.E))).toBeLessThan(0.03);
  });

  it('do not wait for the ones before', async () => {
    const first = Promise.withResolvers<void>();
    let calls = 0;
    const call = async (): Promise<void> => {
      calls += 1;
      if (calls === 1) await first.promise;
      if (calls === 4) first.resolve();
    };
    const samples = await callAtRandom(call, { perSecond: 500, count: 4, signal: new AbortController().signal });
    expect([calls, samples.length, samples.every((ms) => ms >= 0)]).toEqual([4, 4, true]);
  });
});
