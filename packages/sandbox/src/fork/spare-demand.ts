import { countSpares } from './spare-count.js';
import type { SpareShelf } from './spare-shelf.js';

/** What is known when it is asked how many spares there should be. */
export interface DemandFacts {
  readonly spares: number;
  readonly maxSpares: number;
  readonly idleMs: number;
  readonly now: number;
  /** How long one takes to start. */
  readonly startMs: number;
}

/** A plugin that ran once may never run again, and so may the adapter that it ran on. */
const FEWEST_RUNS = 2;

/** How many spares a key should have now: none before its second run, and none when no run came for `idleMs`. */
export function spareTarget({ arrivals, lastUsed, runs }: SpareShelf, facts: DemandFacts): number {
  const { spares, maxSpares, idleMs, now, startMs } = facts;
  if (spares === 0 || runs < FEWEST_RUNS || now - lastUsed > idleMs) return 0;
  return countSpares({ atLeast: spares, atMost: maxSpares, arrivalsPerStart: arrivals.perMs(now) * startMs });
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
