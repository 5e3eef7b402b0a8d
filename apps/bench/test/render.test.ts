import { describe, expect, it } from 'vitest';
import { renderCurves } from '../src/render-curves.js';
import { renderChart, usedOfGoal } from '../src/render-chart.js';
import { renderPeers, renderSummary } from '../src/render-peers.js';
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

describe('the headlines', () => {
  const peers = { 'tinypool processes': 33, 'bare spawn': 25 };
  const fresh = row('fresh-process', { ours: 1, floor: 28, peers, unit: 'ms' });

  it('are a line each: here, then elsewhere from the fastest on', () => {
    expect(renderSummary([fresh, reached]).split('\n').slice(2)).toEqual([
      '| a run in a fresh process, booted ahead, no wall | 1 ms | bare spawn 25, cold fork of an empty script 28, tinypool processes 33 |',
    ]);
  });

  it('are a panel each, with bars as long as what they took', () => {
    const svg = renderPeers([fresh, row('warm', { ours: 2, floor: 1, peers: {}, unit: 'ms' }), reached]);
    const bars = [...svg.matchAll(/<rect class="(ours|other)".*? width="([\d.]+)"/gu)];
    expect(bars.map(([, kind, width]) => [kind, Number(width)])).toEqual([
      ['ours', 10],
      ['other', 250],
      ['other', 280],
      ['other', 330],
      ['ours', 330],
      ['other', 165],
    ]);
  });

  it('leave out what was not measured', () => {
    expect(renderSummary([unmeasured('fresh-process', 'ms', 'no')]).split('\n')).toHaveLength(2);
  });
});
