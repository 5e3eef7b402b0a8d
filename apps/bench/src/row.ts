import type { BenchRow } from './bench.js';
import { describeGoal, goalOf, meetsGoal } from './goals.js';
import type { Goal, Measured, RowName } from './goals.js';

/** Judges what was measured by the goal of that name. Throws where the goal is against a peer that was neither measured nor noted. */
export function row(name: RowName, measured: Measured): BenchRow {
  const goal = goalOf(name);
  const { ours, floor, peers, unit, note } = measured;
  const ratio = divide(ours, comparedWith(name, goal, measured));
  return {
    name,
    ours,
    floor,
    peers,
    unit,
    ratio,
    goal: describeGoal(goal),
    ok: meetsGoal(goal, ours, ratio),
    ...(note === undefined ? {} : { note }),
  };
}

/** The row of what cannot be measured here, and why. It is not reached. */
export function unmeasured(name: RowName, unit: string, why: string): BenchRow {
  return row(name, { ours: null, floor: null, peers: {}, unit, note: `not measured: ${why}` });
}

function comparedWith(name: string, goal: Goal, { ours, floor, peers, note }: Measured): number | null {
  if (goal.kind === 'absolute') return floor;
  if (goal.peer === undefined) {
    if (floor === null && ours !== null) throw new Error(`the row ${name} has no floor`);
    return floor;
  }
  const figure = peers[goal.peer];
  if (figure === undefined && note === undefined) throw new Error(`the row ${name} lacks its peer ${goal.peer}`);
  return figure ?? null;
}

function divide(ours: number | null, by: number | null): number | null {
  return ours === null || by === null || by === 0 ? null : ours / by;
}
