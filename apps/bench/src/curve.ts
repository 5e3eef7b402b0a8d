import type { BenchRow } from './bench.js';
import { growthOf } from './goals.js';
import type { CurveName } from './goals.js';
import { row } from './row.js';

/** What something cost where there was so much of what the curve is drawn over. */
export interface CurvePoint {
  readonly at: number;
  readonly cost: number;
}

/**
 * A row for each point, in the order given. The floor is what the points before make expect: as many times the cost as there is more, or, where
 * nothing should grow, the least of them. So a curve that is steeper than it may be anywhere has a row that is not ok.
 */
export function curveRows(curve: CurveName, unit: string, points: readonly CurvePoint[]): readonly BenchRow[] {
  return points.map(({ at, cost }, index) => {
    const floor = expected(curve, at, points.slice(0, index)) ?? cost;
    return row(`scale:${curve}:${at}`, { ours: cost, floor, peers: {}, unit });
  });
}

function expected(curve: CurveName, at: number, before: readonly CurvePoint[]): number | undefined {
  const last = before.at(-1);
  if (last === undefined) return undefined;
  if (growthOf(curve) === 'constant') return Math.min(...before.map(({ cost }) => cost));
  return last.cost * (at / last.at);
}
