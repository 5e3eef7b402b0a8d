import type { SandboxPlan } from '@kb-labs/contracts';
import { createSpareShelf, dropAll, spareCount } from './spare-shelf.js';
import type { SpareShelf } from './spare-shelf.js';

/** The shelves of one adapter, by key. The keys that were used longest ago are forgotten, with their spares. */
export interface SpareShelves {
  /** A run has come: counts it, and makes the shelf where it is the first of its key. */
  use(key: string, plan: SandboxPlan): SpareShelf;
  find(key: string): SpareShelf | undefined;
  /** Those that have spares, or have some started. The one that was used longest ago comes first. */
  withSpares(): readonly SpareShelf[];
  all(): Iterable<SpareShelf>;
}

/** What else is to be done where a key is forgotten. */
export interface SpareShelvesOptions {
  readonly idleMs: number;
  readonly onForgotten: (shelf: SpareShelf) => void;
}

/** Keys that are remembered. Each takes about a kilobyte, and what they are is up to the host. */
const MAX_SHELVES = 1_024;

/** Makes it, with none. */
export function createSpareShelves({ idleMs, onForgotten }: SpareShelvesOptions): SpareShelves {
  /** The one that was used last comes last. */
  const shelves = new Map<string, SpareShelf>();
  const forgetOldest = (): void => {
    const [oldest] = shelves;
    if (oldest === undefined) return;
    const [key, shelf] = oldest;
    dropAll(shelf);
    shelves.delete(key);
    onForgotten(shelf);
  };
  return {
    use(key, plan) {
      const shelf = shelves.get(key) ?? createSpareShelf(plan);
      noteUse(shelf, idleMs);
      shelves.delete(key);
      shelves.set(key, shelf);
      if (shelves.size > MAX_SHELVES) forgetOldest();
      return shelf;
    },
    find: (key) => shelves.get(key),
    // There are as many spares as `maxSpares` at most.
    withSpares: () => [...shelves.values()].filter((shelf) => spareCount(shelf) > 0),
    all: () => shelves.values(),
  };
}

function noteUse(shelf: SpareShelf, idleMs: number): void {
  const now = performance.now();
  shelf.arrivals.note(now);
  shelf.burst.note(now);
  shelf.runs = now - shelf.lastUsed > idleMs ? 1 : shelf.runs + 1;
  shelf.lastUsed = now;
  shelf.failures = 0;
}
