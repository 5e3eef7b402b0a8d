import { countSpares } from './spare-count.js';
import type { SpareShelf } from './spare-shelf.js';

/** What is known when it is asked how many spares there should be. */
export interface DemandFacts {
  readonly spares: number;
  readonly maxSpares: number;
  readonly idleMs: number;
  readonly now: number;
}

/** A plugin that ran once may never run again, and so may the adapter that it ran on. */
const FEWEST_RUNS = 2;
/** For so long there may be one too many. */
const SURPLUS_MS = 4_000;

/** How many spares a key should have now: none before its second run, and none when no run came for `idleMs`. */
export function spareTarget({ arrivals, burst, lastUsed, runs, startMs }: SpareShelf, facts: DemandFacts): number {
  const { spares, maxSpares, idleMs, now } = facts;
  if (spares === 0 || runs < FEWEST_RUNS || now - lastUsed > idleMs) return 0;
  const perMs = Math.max(arrivals.perMs(now), burst.perMs(now));
  return countSpares({ atLeast: spares, atMost: maxSpares, perMs, startMs });
}

/** How many are ready, and how many should be. */
interface SurplusFacts {
  readonly ready: number;
  readonly target: number;
  readonly now: number;
}

/**
 * How many spares are to be ended: all where none is needed any more, and else one, once there was one too many for long. How many are needed goes up and
 * down with every run, and each of them has cost the start of a process.
 */
export function countSurplus(shelf: Pick<SpareShelf, 'surplusSince'>, { ready, target, now }: SurplusFacts): number {
  if (target === 0) return ready;
  if (ready > target) shelf.surplusSince ??= now;
  else shelf.surplusSince = undefined;
  if (shelf.surplusSince === undefined || now - shelf.surplusSince < SURPLUS_MS) return 0;
  shelf.surplusSince = undefined;
  return 1;
}

/** The one with the highest rate; of equals the first. */
export function mostOftenUsed(shelves: readonly SpareShelf[], now: number): SpareShelf | undefined {
  return byRate(shelves, now).at(0);
}

/**
 * Who gives a spare up to another one where there are as many as there may be: the one that runs least often, if that is less than half as
 * often. So plugins that run alike, or once, take nothing from each other: each start would be another one's waste.
 */
export function findLoser(holders: readonly SpareShelf[], winner: SpareShelf, now: number): SpareShelf | undefined {
  const loser = byRate(holders, now).at(-1);
  if (loser === undefined || loser === winner) return undefined;
  return loser.arrivals.perMs(now) * 2 < winner.arrivals.perMs(now) ? loser : undefined;
}

function byRate(shelves: readonly SpareShelf[], now: number): readonly SpareShelf[] {
  return shelves.toSorted((a, b) => b.arrivals.perMs(now) - a.arrivals.perMs(now));
}
