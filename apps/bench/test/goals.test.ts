import { describe, expect, it } from 'vitest';
import type { RowName } from '../src/goals.js';
import { goalNames, goalOf } from '../src/goals.js';

describe('the goals', () => {
  it('have a name of their own each', () => {
    expect(goalNames.length).toBeGreaterThan(40);
    expect(new Set(goalNames).size).toBe(goalNames.length);
  });
  it.each(['fast', 'scale:nothing:10'])('are none of %s', (name) => {
    expect(() => goalOf(name as RowName)).toThrow(`no goal is set for the row ${name}`);
  });
});
