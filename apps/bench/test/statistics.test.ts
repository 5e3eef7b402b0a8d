import { describe, expect, it } from 'vitest';
import { median, percentile } from '../src/statistics.js';

describe('figures of samples', () => {
  it('are taken of sorted ones, and leave the samples as they are', () => {
    const samples = [9, 1, 100, 2, 3];
    expect([median(samples), percentile(samples, 100), percentile(samples, 0)]).toEqual([3, 100, 1]);
    expect(samples).toEqual([9, 1, 100, 2, 3]);
  });
  it('are between two where there is none in the middle', () => {
    expect(median([1, 2, 3, 10])).toBe(2.5);
  });
  it('are none of nothing', () => {
    expect(() => median([])).toThrow('no samples');
  });
});
