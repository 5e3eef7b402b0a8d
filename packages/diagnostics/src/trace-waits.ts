import type { TraceAttributes } from './trace.js';

/** A time during which something was under way. Milliseconds. */
export interface Interval {
  readonly startTime: number;
  readonly ms: number;
}

/** For each of the intervals, which come by their start: how many of those before it were still under way when it began. */
export function overlaps(intervals: readonly Interval[]): readonly number[] {
  let active: readonly number[] = [];
  return intervals.map((interval) => {
    const others = active.filter((end) => end > interval.startTime);
    active = [...others, endOf(interval)];
    return others.length;
  });
}

/**
 * What an execution waited for its host, from its calls by their start: `hostMs` is the time with at least one of them under way, `callMs` the
 * sum of all, `concurrent` how many were under way at once.
 */
export function waits(calls: readonly Interval[]): TraceAttributes {
  if (calls.length === 0) return {};
  let hostMs = 0;
  let callMs = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    callMs += call.ms;
    hostMs += Math.max(0, endOf(call) - Math.max(until, call.startTime));
    until = Math.max(until, endOf(call));
  }
  const concurrent = overlaps(calls).reduce((most, others) => Math.max(most, others + 1), 1);
  return { hostCalls: calls.length, hostMs: rounded(hostMs), callMs: rounded(callMs), concurrent };
}

function endOf({ startTime, ms }: Interval): number {
  return startTime + ms;
}

// Times since the epoch leave no more than a few thousandths of a millisecond in a float.
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
