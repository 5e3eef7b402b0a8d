import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toChromeTrace } from '../src/index.js';
import type { ChromeTraceEvent } from '../src/index.js';
import { idOf, nestedRuns, runEvents, traced, TRACE_ID } from './traced-runs.js';
import type { CallPlan } from './traced-runs.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

type Slice = Extract<ChromeTraceEvent, { ph: 'X' }>;

describe('the Chrome trace', () => {
  it('has a process for each execution, a thread for its stages, and one more for each call that ran beside another', () => {
    const { traceEvents, displayTimeUnit, otherData } = toChromeTrace(traced(nestedRuns()));
    expect([displayTimeUnit, otherData]).toEqual(['ms', { traceId: TRACE_ID, droppedSpans: 0 }]);
    const slices = traceEvents.flatMap((event) => (event.ph === 'X' ? [event] : []));
    expect(slices.map(({ pid, tid, name, cat, ts, dur }) => [pid, tid, cat, name, ts, dur])).toEqual([
      [1, 1, 'execution', './review.js#handle', 0, 82_000],
      [1, 1, 'stage', 'prepare', 0, 1000],
      [1, 1, 'stage', 'sandbox', 1000, 19_000],
      [1, 1, 'stage', 'handler', 20_000, 60_000],
      [1, 1, 'stage', 'output', 80_000, 2000],
      [1, 2, 'host-call', 'fs.readFile notes/a.txt', 22_000, 6000],
      [1, 3, 'host-call', 'fs.readFile notes/b.txt', 24_000, 6000],
      [1, 2, 'host-call', 'fs.readFile /etc/passwd', 32_000, 40],
      [1, 2, 'host-call', 'invoke.call @acme/report@^1:render', 40_000, 35_000],
      [2, 1, 'execution', './render.js#render', 42_000, 30_000],
      [2, 1, 'stage', 'sandbox', 42_000, 2000],
      [2, 1, 'stage', 'handler', 44_000, 28_000],
      [2, 2, 'host-call', 'artifacts.write artifact://self/a.md', 50_000, 4000],
    ]);
    const flow = { id: idOf('inner'), name: 'invoke', cat: 'invoke' };
    expect(traceEvents.filter(({ ph }) => ph === 's' || ph === 'f')).toEqual([
      { ph: 's', ...flow, pid: 1, tid: 2, ts: 40_000 },
      { ph: 'f', bp: 'e', ...flow, pid: 2, tid: 1, ts: 42_000 },
    ]);
    const names = traceEvents.flatMap((event) =>
      event.ph === 'M' && event.name !== 'process_sort_index' ? [[event.pid, event.tid, event.args['name']]] : [],
    );
    expect(names).toEqual([
      [1, 0, '@acme/review ./review.js#handle'],
      [1, 1, 'stages'],
      [1, 2, 'host calls 1'],
      [1, 3, 'host calls 2'],
      [2, 0, '@acme/report ./render.js#render'],
      [2, 1, 'stages'],
      [2, 2, 'host calls 1'],
    ]);
  });

  it('is JSON in which all times are whole microseconds and the slices of a thread lie inside one another or apart', () => {
    const call = fc.record({
      name: fc.constant('fs.readFile'),
      args: fc.array(fc.string({ unit: codePoint }), { maxLength: 1 }),
      // Clocks are coarse: a call may seem to begin before its execution or to end after it.
      at: fc.double({ min: -2, max: 90, noNaN: true }),
      ms: fc.double({ min: 0, max: 90, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), (calls: readonly CallPlan[]) => {
        const trace = toChromeTrace(traced(runEvents({ executionId: 'a', calls })));
        const { traceEvents } = JSON.parse(JSON.stringify(trace));
        expect(traceEvents).toEqual(trace.traceEvents.map((event) => ({ ...event })));
        const slices = trace.traceEvents.flatMap((event) => (event.ph === 'X' ? [event] : []));
        expect(
          slices.every(({ ts, dur }) => Number.isInteger(ts) && Number.isInteger(dur) && ts >= 0 && dur >= 0),
        ).toBe(true);
        for (const tid of new Set(slices.map((slice) => slice.tid))) {
          assertNested(slices.filter((slice) => slice.tid === tid));
        }
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('ends what is under way where the trace does', () => {
    const trace = toChromeTrace(traced(runEvents({ executionId: 'a' }).slice(0, 4)));
    const slices = trace.traceEvents.flatMap((event) => (event.ph === 'X' ? [[event.name, event.ts, event.dur]] : []));
    expect(slices).toEqual([
      ['./review.js#handle', 0, 20_000],
      ['sandbox', 0, 20_000],
      ['handler', 20_000, 0],
    ]);
  });
});

function assertNested(slices: readonly Slice[]): void {
  for (const [at, a] of slices.entries()) {
    for (const b of slices.slice(at + 1)) {
      const [aEnd, bEnd] = [a.ts + a.dur, b.ts + b.dur];
      const apart = aEnd <= b.ts || bEnd <= a.ts;
      const inside = (a.ts <= b.ts && bEnd <= aEnd) || (b.ts <= a.ts && aEnd <= bEnd);
      expect([a, b, apart || inside]).toEqual([a, b, true]);
    }
  }
}
