import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordQueue } from '../src/record-queue.js';
import type { QueuedRecord } from '../src/record-queue.js';

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), length: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ kind: fc.constant('take' as const), max: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('release' as const) }),
);

describe('a record queue', () => {
  it('holds its bounds, keeps the order and loses nothing uncounted, whatever is done to it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
        fc.array(step, { maxLength: 400 }),
        check,
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  function check(
    overflow: 'drop-oldest' | 'drop-newest',
    steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  ): void {
    const queue = new RecordQueue({ maxRecords: 10, maxLength: 100, overflow });
    const taken: (readonly QueuedRecord[])[] = [];
    const left: number[] = [];
    let added = 0;
    let lost = 0;
    let tooMany = false;
    for (const action of steps) {
      if (action.kind === 'add') lost += queue.add(queued(added++, action.length));
      if (action.kind === 'take') {
        const batch = queue.take(action.max);
        taken.push(batch);
        tooMany ||= batch.length > action.max;
        left.push(...batch.map(({ record }) => record.seq));
      }
      if (action.kind === 'release') queue.release(taken.shift() ?? []);
      const held = taken.flat();
      expect(queue.size + held.length).toBeLessThanOrEqual(10);
      expect(held.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(100);
      expect(left.length + queue.size + lost).toBe(added);
    }
    expect(tooMany).toBe(false);
    expect(left).toEqual(left.toSorted((a, b) => a - b));
    expect(new Set(left).size).toBe(left.length);
  }

  it('bounds the length of what waits and what was taken together', () => {
    const queue = new RecordQueue({ maxRecords: 10, maxLength: 100, overflow: 'drop-oldest' });
    queue.add(queued(0, 60));
    const batch = queue.take(5);
    expect([queue.add(queued(1, 41)), queue.add(queued(2, 40)), queue.add(queued(3, 101))]).toEqual([1, 0, 1]);
    queue.release(batch);
    expect([queue.add(queued(4, 100)), queue.first?.seq, queue.last?.seq]).toEqual([1, 4, 4]);
  });
});

function queued(seq: number, length: number): QueuedRecord {
  const identity = { pluginId: undefined, executionId: undefined, traceId: undefined };
  return { record: { seq, time: 0, name: 'tick', source: 'host', ...identity, attributes: {}, cut: 0 }, length };
}
