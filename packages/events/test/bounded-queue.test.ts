import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../src/bounded-queue.js';
import { SharedRoom } from '../src/shared-room.js';

const ROOM = 40;
const SHARE = 10;

interface Item {
  readonly number: number;
  readonly bytes: number;
}

const held = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);
const numbersTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, index) => index);

describe('a bounded queue', () => {
  it('keeps the newest or the oldest, in order, within all its bounds, and gives back exactly the rest', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.record({ at: fc.constantFrom(0, 1), bytes: fc.option(fc.integer({ min: 1, max: 50 })) }), {
          maxLength: 80,
        }),
        (overflow, limit, maxBytes, steps) => {
          const room = new SharedRoom({ maxWaitingBytes: ROOM, maxSubscriptions: ROOM / SHARE });
          const queues = [0, 1].map(() => new BoundedQueue<Item>({ limit, maxBytes, room, overflow }));
          const models: Item[][] = [[], []];
          const answers: [actual: unknown, expected: unknown][] = [];
          const fits = (model: readonly Item[], bytes: number, freed = 0): boolean => {
            const hasRoom = held(models.flat()) - freed + bytes <= ROOM;
            if (model.length === 0) return hasRoom || bytes <= SHARE;
            return model.length < limit && held(model) + bytes <= maxBytes && hasRoom;
          };
          for (const [number, { at, bytes }] of steps.entries()) {
            const [queue, model] = [queues[at], models[at]];
            if (queue === undefined || model === undefined) throw new Error('there are two');
            if (bytes === null) {
              answers.push([queue.shift(), model.shift()]);
              continue;
            }
            const item = { number, bytes };
            answers.push([queue.hasRoom(bytes, 0), fits(model, bytes)]);
            const mayDrop = overflow === 'drop-oldest' ? model.length : 0;
            const drops = numbersTo(mayDrop).find((drop) => fits(model.slice(drop), bytes, held(model.slice(0, drop))));
            // Nothing is let go of for what finds no room by that either.
            const gone = drops === undefined ? [item] : model.splice(0, drops);
            if (drops !== undefined) model.push(item);
            answers.push([queue.push(item), gone]);
            expect(held(models.flat())).toBeLessThanOrEqual(ROOM + 2 * SHARE);
          }
          expect(answers.map(([actual]) => actual)).toEqual(answers.map(([, expected]) => expected));
          expect(queues.map((queue) => queue.clear())).toEqual(models);
          expect([room.has(ROOM, 0), room.has(ROOM + 1, 0)]).toEqual([true, false]);
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('has room for what it is asked, beside what others who share it were promised', () => {
    const room = new SharedRoom({ maxWaitingBytes: ROOM, maxSubscriptions: ROOM });
    const queue = new BoundedQueue<Item>({ limit: 5, maxBytes: ROOM, room, overflow: 'reject' });
    expect([queue.hasRoom(20, 20), queue.hasRoom(20, 21)]).toEqual([true, false]);
  });
});
