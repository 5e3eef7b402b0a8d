import { describe, expect, it } from 'vitest';
import { renderCurves } from '../src/render-curves.js';
import { renderChart, usedOfGoal } from '../src/render-chart.js';
import { figure, renderTable } from '../src/render-table.js';
import { row, unmeasured } from '../src/row.js';

const reached = row('cold', { ours: 30.123, floor: 30, peers: { 'a|b': 1234.5 }, unit: 'ms' });
const missed = row('warm:kb-labs', {
  ours: 8,
  floor: 1,
  peers: { 'KB Labs worker pool': 16, other: 1234.5 },
  unit: 'ms',
});
const most = row('fresh-throughput', { ours: 46, floor: 100, peers: {}, unit: 'runs a second' });
const unknown = unmeasured('fresh-process-wall', 'ms', 'no <bwrap>');
const point = row('scale:rules:10', { ours: 1, floor: 1, peers: {}, unit: 'ms' });

describe('the table', () => {
  it('has a line for each row', () => {
    expect(renderTable([reached, missed, unknown]).split('\n').slice(2)).toEqual([
      '| cold | 30.1 ms | 30 | a\\|b 1,235 | 1 × | ≤ 1.12 × cold fork of an empty script | yes |  |',
      '| warm:kb-labs | 8 ms | 1 | KB Labs worker pool 16 | 0.5 × | ≤ 0.2 × KB Labs worker pool | **no** |  |',
      '| fresh-process-wall | – | – |  | – | ≤ 0.1 × cold fork of an empty script | **no** | not measured: no <bwrap> |',
    ]);
  });

  it.each([
    [0.012_345, '0.0123'],
    [1234.5, '1,235'],
    [99.96, '100'],
    [0, '0'],
    [null, '–'],
  ])('writes %d as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });
});

describe('the chart', () => {
  it('shows how much of a goal is used up, whichever way it is meant', () => {
    expect([reached, missed, most, unknown].map(usedOfGoal)).toEqual([30.123 / 30 / 1.12, 2.5, 2, null]);
  });

  it('has a bar for each row with a goal, green where it is reached, and none for a point of a curve', () => {
    const bars = [
      ...renderChart([reached, missed, unknown, point]).matchAll(/<rect class="(ok|no)".*? width="([\d.]+)"/gu),
    ];
    expect(bars.map(([, colour, width]) => [colour, Number(width)])).toEqual([
      ['ok', 193.6],
      ['no', 360],
      ['no', 1],
    ]);
  });
});

describe('the curves', () => {
  const rows = (
    [
      [1, 2],
      [10, 2.2],
      [100, 20],
    ] as const
  ).map(([at, ours]) => row(`scale:rules:${at}`, { ours, floor: ours, peers: {}, unit: 'ms' }));

  it('have a panel each, with the points where their logarithms are', () => {
    const svg = renderCurves([...rows, reached, row('scale:payload:10', { ours: 1, floor: 1, peers: {}, unit: 's' })]);
    expect([...svg.matchAll(/<text x="46" y="14">(.*?)</gu)].map(([, title]) => title)).toEqual([
      'rules, ms',
      'payload, s',
    ]);
    const [points = ''] = [...svg.matchAll(/points="(.*?)"/gu)].map(([, found]) => found);
    expect(points.split(' ').map((point) => point.split(',').map(Number))).toEqual([
      [46, 146],
      [128, 141],
      [210, 26],
    ]);
  });
});
