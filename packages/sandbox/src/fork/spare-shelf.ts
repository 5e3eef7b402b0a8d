import type { SandboxPlan } from '@kb-labs/contracts';
import { createArrivalRate } from './arrival-rate.js';
import type { ArrivalRate } from './arrival-rate.js';
import type { GuestChild } from './guest-child.js';
import { createModuleHabit } from './module-habit.js';
import type { ModuleHabit } from './module-habit.js';
import type { Preloading, Spare } from './preload-spare.js';

/** A spare child that is being started. Whoever finds none ready may claim it. */
export interface StartingSpare {
  readonly child: Promise<GuestChild>;
  /** What it is loading, once it is ready for that. */
  preloading: Preloading | undefined;
  /** Calls the start off. */
  readonly drop: () => void;
}

/** The spare children of one key: those that are ready, those that are being started, and how they are needed. */
export interface SpareShelf {
  /** How a child is started for this key. */
  readonly plan: Omit<SandboxPlan, 'signal'>;
  readonly arrivals: ArrivalRate;
  /** The same with a short memory: what comes fast shows in it at once. */
  readonly burst: ArrivalRate;
  readonly habit: ModuleHabit;
  readonly ready: Set<Spare>;
  readonly starting: Set<StartingSpare>;
  lastUsed: number;
  /** Runs that came, none of them long after the one before. */
  runs: number;
  /** Spares that never got ready or died while nobody used them, since a run last came. */
  failures: number;
  /** No spare is started before this moment. */
  notBefore: number;
  /** How long one takes to start, and to load what it loads ahead. */
  startMs: number;
  /** Since when there are more of them than are needed. */
  surplusSince: number | undefined;
}

/** For how long an arrival counts. */
const RATE_MEMORY_MS = 3_000;
const BURST_MEMORY_MS = 600;
/** How long a start takes, as long as nobody knows. */
const USUAL_START_MS = 50;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 30_000;

/** Makes an empty one. What the plan's signal ends has nothing to do with spares. */
export function createSpareShelf({ plugin, limits, env, policyDigest, isolation }: SandboxPlan): SpareShelf {
  return {
    plan: { plugin, limits, env, policyDigest, isolation },
    arrivals: createArrivalRate(RATE_MEMORY_MS),
    burst: createArrivalRate(BURST_MEMORY_MS),
    habit: createModuleHabit(),
    ready: new Set(),
    starting: new Set(),
    lastUsed: 0,
    runs: 0,
    failures: 0,
    notBefore: 0,
    startMs: USUAL_START_MS,
    surplusSince: undefined,
  };
}

/** A spare is ready, so long after its start was begun. */
export function noteReadySpare(shelf: SpareShelf, tookMs: number): void {
  shelf.startMs += (tookMs - shelf.startMs) / 4;
}

/** A spare was lost: the next one waits, longer each time. */
export function noteLostSpare(shelf: SpareShelf, now: number): void {
  shelf.notBefore = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** shelf.failures);
  shelf.failures += 1;
}

/** The one that waits for longest, so that none gets old. */
export function takeReady({ ready }: SpareShelf): Spare | undefined {
  const [spare] = ready;
  if (spare !== undefined) ready.delete(spare);
  return spare;
}

/** One that a run may have. Ends all before it that it may not: no later run will want them. */
export function takeFitting(shelf: SpareShelf, isFit: (spare: Spare) => boolean): Spare | undefined {
  for (let spare = takeReady(shelf); spare !== undefined; spare = takeReady(shelf)) {
    if (isFit(spare)) return spare;
    void spare.child.session.dispose();
  }
  return undefined;
}

/** The one that was started first. It is no spare any more. */
export function claimStarting({ starting }: SpareShelf): StartingSpare | undefined {
  const [spare] = starting;
  if (spare !== undefined) starting.delete(spare);
  return spare;
}

/** Ready and being started. */
export function spareCount({ ready, starting }: SpareShelf): number {
  return ready.size + starting.size;
}

/** Ends all of them. */
export function dropAll(shelf: SpareShelf): void {
  while (spareCount(shelf) > 0) dropOne(shelf);
}

/** Ends one, if there is one: rather what is being started than what is ready. */
export function dropOne(shelf: SpareShelf): void {
  const starting = claimStarting(shelf);
  if (starting !== undefined) return dropStarting(starting);
  const [ready] = shelf.ready;
  if (ready !== undefined) drop(shelf, ready);
}

/** Ends one that is ready. */
export function drop(shelf: SpareShelf, spare: Spare): void {
  shelf.ready.delete(spare);
  void spare.child.session.dispose();
}

/** Calls a start off that is on no shelf any more. It may have come through all the same. */
export function dropStarting({ child, drop: callOff }: StartingSpare): void {
  callOff();
  void child.then(
    ({ session }) => session.dispose(),
    () => undefined,
  );
}
