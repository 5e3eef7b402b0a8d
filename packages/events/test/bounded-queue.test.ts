import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../src/bounded-queue.js';

describe('a bounded queue', () => {
  it('keeps the newest or the oldest, in order, and gives back exactly the rest', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.oneof(fc.constant('push' as const), fc.constant('shift' as const)), { maxLength: 60 }),
        (overflow, limit, steps) => {
          const queue = new BoundedQueue<number>(limit, overflow);
          const model: number[] = [];
          steps.forEach((step, item) => {
            const full = model.length === limit;
            const keepsOld = overflow === 'drop-newest';
            let expected: number | undefined;
            if (step === 'shift') expected = model.shift();
            else if (full) expected = keepsOld ? item : model.shift();
            if (step === 'push' && !(full && keepsOld)) model.push(item);
            expect(step === 'shift' ? queue.shift() : queue.push(item)).toBe(expected);
            expect(queue.isFull).toBe(model.length === limit);
          });
          expect(queue.length).toBe(model.length);
          expect(queue.clear()).toEqual(model);
          expect(queue.length).toBe(0);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
