import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { overlaps, waits } from '../src/trace-waits.js';

it('tells what the host took apart from what its calls took together', () => {
  const calls = [
    { startTime: 0, ms: 10 },
    { startTime: 5, ms: 10 },
    { startTime: 6, ms: 1 },
    { startTime: 20, ms: 5 },
  ];
  expect(waits(calls)).toEqual({ hostCalls: 4, hostMs: 20, callMs: 26, concurrent: 3 });
  expect(overlaps(calls)).toEqual([0, 1, 2, 0]);
  expect(waits([])).toEqual({});
});

it('counts for each call those before it that had not ended, as a count of all with all would', () => {
  const interval = fc.record({ startTime: fc.integer({ min: 0, max: 50 }), ms: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 40 }), (list) => {
      const calls = list.toSorted((a, b) => a.startTime - b.startTime);
      const counted = calls.map(
        ({ startTime }, at) => calls.slice(0, at).filter((call) => call.startTime + call.ms > startTime).length,
      );
      expect(overlaps(calls)).toEqual(counted);
    }),
    { seed: 1, numRuns: 300 },
  );
});
