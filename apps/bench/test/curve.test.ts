import { describe, expect, it } from 'vitest';
import { curveRows } from '../src/curve.js';
import type { CurveName } from '../src/goals.js';

function verdicts(curve: CurveName, costs: readonly number[]): boolean[] {
  const points = costs.map((cost, index) => ({ at: 10 ** index, cost }));
  return curveRows(curve, 'ms', points).map(({ ok }) => ok);
}

describe('a curve', () => {
  it('has a row for each point, beside what the one before makes expect', () => {
    const rows = curveRows('rules', 'ms', [
      { at: 1, cost: 2 },
      { at: 10, cost: 5 },
    ]);
    expect(rows.map(({ name, floor, ratio }) => [name, floor, ratio])).toEqual([
      ['scale:rules:1', 2, 1],
      ['scale:rules:10', 20, 0.25],
    ]);
  });

  it.each<[CurveName, string, readonly number[], readonly boolean[]]>([
    ['rules', 'linear', [1, 10, 100], [true, true, true]],
    ['rules', 'flat', [5, 5, 5], [true, true, true]],
    ['rules', 'quadratic from its middle on', [1, 10, 1000], [true, true, false]],
    ['run-length', 'falling while it warms up', [5, 2, 2.1], [true, true, true]],
    ['run-length', 'growing after it was warm', [5, 2, 3.1], [true, true, false]],
    ['run-length', 'growing slowly all the time', [2, 2.8, 3.1], [true, true, false]],
  ])('of %s that is %s is told by where it is too steep', (curve, _, costs, expected) => {
    expect(verdicts(curve, costs)).toEqual(expected);
  });
});
