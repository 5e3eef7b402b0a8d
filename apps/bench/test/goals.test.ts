import { describe, expect, it } from 'vitest';
import type { RowName } from '../src/goals.js';
import { goalNames, goalOf } from '../src/goals.js';

describe('the goals', () => {
  it('have a name of their own each', () => {
    expect(goalNames.length).toBeGreaterThan(40);
    expect(new Set(goalNames).size).toBe(goalNames.length);
  });
  it('are none of a row that nobody set one for', () => {
    expect(() => goalOf('fast' as RowName)).toThrow('no goal is set for the row fast');
  });
});
