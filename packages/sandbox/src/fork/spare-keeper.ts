import type { SandboxPlan } from '@kb-labs/contracts';
import type { GuestChild } from './guest-child.js';
import { isRestless } from './preload-spare.js';
import type { Spare } from './preload-spare.js';
import { countSurplus, findLoser, mostOftenUsed, spareTarget } from './spare-demand.js';
import { drop, dropAll, dropOne, noteLostSpare, noteReadySpare, spareCount } from './spare-shelf.js';
import type { SpareShelf } from './spare-shelf.js';
import { createSpareShelves } from './spare-shelves.js';
import type { SpareShelves } from './spare-shelves.js';
import { startSpare } from './start-spare.js';

/** How many spares there may be, and how one is started. */
export interface SpareKeeperOptions {
  readonly spares: number;
  readonly maxSpares: number;
  readonly idleMs: number;
  /** Whether spares load ahead what the last runs had in common. */
  readonly preload: boolean;
  /** Whether a spare may be started now, beside so many that are being started: there may be one more process, and a processor that no run waits for. */
  readonly hasRoom: (starting: number) => boolean;
  /** Counts the process until it is gone. Throws as `SandboxAdapter.acquire` does. */
  readonly start: (plan: SandboxPlan) => Promise<GuestChild>;
}

/** Keeps spare children ahead of need: for plugins that run, more of them as they run more often, and none for those that stopped. */
export interface SpareKeeper {
  /** A run has come: finds the shelf of its key. */
  use(key: string, plan: SandboxPlan): SpareShelf;
  find(key: string): SpareShelf | undefined;
  /** Takes a child back in which nothing was run. `false` where it is not needed. */
  keep(key: string, spare: Spare): boolean;
  /** Starts what is missing in a moment, once nothing more urgent is under way. */
  refillSoon(): void;
  /** Ends one spare, of the plugin that is likely to miss it least. `false` where there is none. */
  sacrificeOne(): boolean;
  /** Starts no more, and calls off what is being started. */
  close(): void;
}

/** Makes one with no spares. With `spares: 0` it never has any. */
export function createSpareKeeper(options: SpareKeeperOptions): SpareKeeper {
  return new Keeper(options);
}

/** A run that has just got its child comes first: starting a process holds the host's loop for a millisecond or two, and a processor for long. */
const REFILL_AFTER_MS = 10;
/** Between two looks at what waits. */
const LONGEST_SWEEP_MS = 250;
const SHORTEST_SWEEP_MS = 20;

class Keeper implements SpareKeeper {
  readonly #options: SpareKeeperOptions;
  readonly #shelves: SpareShelves;
  /** Those that were used, or lost a spare, since all had what they need. */
  readonly #wanting = new Set<SpareShelf>();
  #starting = 0;
  #refill: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SpareKeeperOptions) {
    this.#options = options;
    const { idleMs } = options;
    this.#shelves = createSpareShelves({ idleMs, onForgotten: (shelf) => void this.#wanting.delete(shelf) });
  }

  use(key: string, plan: SandboxPlan): SpareShelf {
    const shelf = this.#shelves.use(key, plan);
    this.#wanting.add(shelf);
    this.refillSoon();
    return shelf;
  }

  find(key: string): SpareShelf | undefined {
    return this.#shelves.find(key);
  }

  keep(key: string, spare: Spare): boolean {
    const shelf = this.#shelves.find(key);
    if (shelf === undefined || this.#isClosed || spareCount(shelf) >= this.#targetOf(shelf, performance.now()))
      return false;
    this.#putOnShelf(shelf, spare);
    return true;
  }

  refillSoon(): void {
    if (this.#isClosed || this.#options.spares === 0) return;
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined;
      this.#startMissing();
    }, REFILL_AFTER_MS).unref();
  }

  sacrificeOne(): boolean {
    const [shelf] = this.#shelves.withSpares();
    if (shelf !== undefined) dropOne(shelf);
    return shelf !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#refill);
    clearInterval(this.#sweep);
    for (const shelf of this.#shelves.all()) dropAll(shelf);
  }

  #startMissing(): void {
    const now = performance.now();
    while (this.#options.hasRoom(this.#starting)) {
      const shelf = this.#neediest(now);
      if (shelf === undefined || !this.#makeRoomFor(shelf, now)) return;
      this.#startSpare(shelf);
    }
  }

  #targetOf(shelf: SpareShelf, now: number): number {
    return spareTarget(shelf, { ...this.#options, now });
  }

  /** Of the plugins that have fewer spares than they should, the one that runs most often. */
  #neediest(now: number): SpareShelf | undefined {
    for (const shelf of this.#wanting) {
      if (spareCount(shelf) >= this.#targetOf(shelf, now)) this.#wanting.delete(shelf);
    }
    return mostOftenUsed(
      [...this.#wanting].filter(({ notBefore }) => notBefore <= now),
      now,
    );
  }

  #makeRoomFor(shelf: SpareShelf, now: number): boolean {
    const holders = this.#shelves.withSpares();
    const count = holders.reduce((sum, each) => sum + spareCount(each), 0);
    if (count < this.#options.maxSpares) return true;
    const loser = findLoser(holders, shelf, now);
    if (loser !== undefined) dropOne(loser);
    return loser !== undefined;
  }

  #startSpare(shelf: SpareShelf): void {
    const begun = performance.now();
    this.#starting += 1;
    startSpare(shelf, {
      start: this.#options.start,
      preload: this.#options.preload,
      onStarted: () => {
        this.#starting -= 1;
        this.refillSoon();
      },
      onSpare: (spare) => {
        noteReadySpare(shelf, performance.now() - begun);
        this.#putOnShelf(shelf, spare);
      },
      onLost: () => this.#lost(shelf),
    });
  }

  #putOnShelf(shelf: SpareShelf, spare: Spare): void {
    shelf.ready.add(spare);
    spare.child.hold(false);
    void spare.child.gone.then(() => shelf.ready.delete(spare) && this.#lost(shelf));
    const every = Math.min(LONGEST_SWEEP_MS, Math.max(SHORTEST_SWEEP_MS, this.#options.idleMs / 8));
    this.#sweep ??= setInterval(() => this.#lookAtAll(), every).unref();
  }

  /** It died by itself, did not get ready, or was ended for what it did while it waited. It is replaced as long as the plugin runs. */
  #lost(shelf: SpareShelf): void {
    if (this.#isClosed) return;
    const now = performance.now();
    noteLostSpare(shelf, now);
    this.#wanting.add(shelf);
    setTimeout(() => this.refillSoon(), shelf.notBefore - now).unref();
  }

  #lookAtAll(): void {
    const now = performance.now();
    const holders = this.#shelves.withSpares();
    for (const shelf of holders) {
      for (const spare of shelf.ready) {
        if (!isRestless(spare, shelf.plan)) continue;
        shelf.habit.noteHarm();
        drop(shelf, spare);
        this.#lost(shelf);
      }
      const facts = { ready: shelf.ready.size, target: this.#targetOf(shelf, now), now };
      for (let surplus = countSurplus(shelf, facts); surplus > 0; surplus -= 1) dropOne(shelf);
    }
    if (holders.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
