import { describe, expect, it } from 'vitest';
import { row, unmeasured } from '../src/row.js';

describe('a row', () => {
  it.each([
    ['cold', { ours: 33, floor: 30 }, 1.1, true, '≤ 1.12 × cold fork of an empty script'],
    ['cold', { ours: 34.5, floor: 30 }, 1.15, false, '≤ 1.12 × cold fork of an empty script'],
    ['fresh-throughput', { ours: 92, floor: 100 }, 0.92, true, '≥ 0.92 × cold fork of an empty script'],
    ['fresh-throughput', { ours: 91, floor: 100 }, 0.91, false, '≥ 0.92 × cold fork of an empty script'],
    ['env-check', { ours: 1e7, floor: null }, null, true, '≥ 10,000,000 a second'],
    ['env-check', { ours: 9.9e6, floor: null }, null, false, '≥ 10,000,000 a second'],
    ['fs-check:hostile', { ours: 5, floor: null }, null, true, '≤ 5 ms'],
    ['fs-check:hostile', { ours: 5.1, floor: null }, null, false, '≤ 5 ms'],
    ['scale:plugins:100', { ours: 3, floor: 2 }, 1.5, true, '≤ 1.5 × the least of the points before'],
    ['scale:plugins:100', { ours: 3.1, floor: 2 }, 1.55, false, '≤ 1.5 × the least of the points before'],
    ['breakdown:input', { ours: 1, floor: 4 }, 0.25, true, '≤ 1 × the whole run'],
  ] as const)('%s with %j is %s times, so %s', (name, figures, ratio, ok, goal) => {
    const measured = { ...figures, peers: {}, unit: 'ms' };
    expect(row(name, measured)).toEqual({ name, ...measured, ratio, goal, ok });
  });

  it('is judged by the peer that its goal names, not by the floor', () => {
    const peers = { piscina: 0.1, 'tinypool processes': 10 };
    const measured = { ours: 5, floor: 1, peers, unit: 'ms', note: 'noted' };
    const goal = '≤ 0.6 × tinypool processes';
    expect(row('warm:tinypool', measured)).toEqual({ name: 'warm:tinypool', ...measured, ratio: 0.5, goal, ok: true });
  });

  it.each([
    ['warm:tinypool', { ours: 5, floor: 1 }, 'lacks its peer tinypool processes'],
    ['warm', { ours: 5, floor: null }, 'has no floor'],
  ] as const)('%s that cannot be judged is refused', (name, figures, message) => {
    expect(() => row(name, { ...figures, peers: {}, unit: 'ms' })).toThrow(message);
  });

  it('is not reached by what was not measured', () => {
    expect(unmeasured('fresh-process-wall', 'ms', 'there is no bubblewrap')).toMatchObject({
      ours: null,
      ratio: null,
      ok: false,
      note: 'not measured: there is no bubblewrap',
    });
  });

  it.each([
    [Number.NaN, 1],
    [1, 0],
    [Number.POSITIVE_INFINITY, 1],
  ])('is not reached by %d over %d', (ours, floor) => {
    expect(row('cold', { ours, floor, peers: {}, unit: 'ms' }).ok).toBe(false);
  });
});
