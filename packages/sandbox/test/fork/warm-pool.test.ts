import { describe, expect, it } from 'vitest';
import type { GuestChild } from '../../src/fork/guest-child.js';
import { createWarmChildren } from '../../src/fork/warm-children.js';
import { createWarmPool } from '../../src/fork/warm-pool.js';
import type { WarmPool } from '../../src/fork/warm-pool.js';
import { makePlugin, planFor } from './fork-scene.js';
import { startGuests } from './started-guests.js';
import type { StartedGuests } from './started-guests.js';
import { alone, shared } from './warm-scene.js';

/** A pool in which a start that nobody waits for takes until it is let go. */
function createPool(guests: StartedGuests, successor: Promise<GuestChild>): WarmPool {
  return createWarmPool({
    children: createWarmChildren({
      maxRuns: 60,
      maxAgeMs: 600_000,
      idleMs: 600_000,
      maxIdle: 8,
      isAwaited: () => false,
    }),
    start: (plan) => guests.start(plan),
    startAhead: () => successor,
    hasSuccessors: true,
  });
}

describe.runIf(process.platform === 'linux')('while the process that follows is being started', () => {
  it('runs that come together have a process each, and one at most waits', async () => {
    using folder = makePlugin({ 'main.mjs': '' });
    await using guests = startGuests();
    const successor = Promise.withResolvers<GuestChild>();
    const pool = createPool(guests, successor.promise);
    const plan = planFor(folder.root, { isolation: alone });

    const first = await pool.lease(plan);
    first.warm.runs = 58;
    pool.release(first.warm);
    const again = await pool.lease(plan);
    expect(again.warm).toBe(first.warm);
    expect(again.warm.hasSuccessor).toBe(true);
    // It would wait for ever.
    const beside = await pool.lease(plan);
    expect(beside.isCold).toBe(true);

    for (const { warm } of [again, beside]) {
      pool.retire(warm);
      pool.release(warm);
    }
    // Nothing else is there: the first one has it, and the second one need not wait for that.
    const waiting = pool.lease(plan);
    const other = await pool.lease(plan);
    expect(other.isCold).toBe(true);
    const child = await guests.start(plan);
    successor.resolve(child);
    const { warm, isCold } = await waiting;
    expect([warm.child === child, isCold]).toEqual([true, false]);
  });

  it('runs of a re-entrant plugin that find no other one all wait for it', async () => {
    using folder = makePlugin({ 'main.mjs': '' });
    await using guests = startGuests();
    const successor = Promise.withResolvers<GuestChild>();
    const pool = createPool(guests, successor.promise);
    const plan = planFor(folder.root, { isolation: shared });

    const first = await pool.lease(plan);
    first.warm.runs = 58;
    pool.release(first.warm);
    const again = await pool.lease(plan);
    pool.retire(again.warm);
    const waiting = [pool.lease(plan), pool.lease(plan)];
    const child = await guests.start(plan);
    successor.resolve(child);
    for (const { warm, isCold } of await Promise.all(waiting))
      expect([warm.child === child, isCold]).toEqual([true, false]);
    pool.release(again.warm);
  });
});
