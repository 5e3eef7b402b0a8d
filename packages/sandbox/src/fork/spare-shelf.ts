import type { SandboxPlan } from '@kb-labs/contracts';
import { createArrivalRate } from './arrival-rate.js';
import type { ArrivalRate } from './arrival-rate.js';
import type { GuestChild } from './guest-child.js';

/** A spare child that is being started. Whoever finds none ready may claim it. */
export interface StartingSpare {
  readonly child: Promise<GuestChild>;
  /** Calls the start off. */
  readonly drop: () => void;
}

/** The spare children of one key: those that are ready, those that are being started, and how they are needed. */
export interface SpareShelf {
  /** How a child is started for this key. */
  readonly plan: Omit<SandboxPlan, 'signal'>;
  readonly arrivals: ArrivalRate;
  readonly ready: Set<GuestChild>;
  readonly starting: Set<StartingSpare>;
  lastUsed: number;
  /** Runs that came, none of them long after the one before. */
  runs: number;
  /** Spares that never got ready or died while nobody used them, since a run last came. */
  failures: number;
  /** No spare is started before this moment. */
  notBefore: number;
}

/** For how long an arrival counts. */
const RATE_MEMORY_MS = 3_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 30_000;

/** Makes an empty one. What the plan's signal ends has nothing to do with spares. */
export function createSpareShelf({ plugin, limits, env, policyDigest }: SandboxPlan): SpareShelf {
  return {
    plan: { plugin, limits, env, policyDigest },
    arrivals: createArrivalRate(RATE_MEMORY_MS),
    ready: new Set(),
    starting: new Set(),
    lastUsed: 0,
    runs: 0,
    failures: 0,
    notBefore: 0,
  };
}

/** A spare was lost: the next one waits, longer each time. */
export function noteLostSpare(shelf: SpareShelf, now: number): void {
  shelf.notBefore = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** shelf.failures);
  shelf.failures += 1;
}

/** The one that became ready last: what it needs is still in the processor's caches. */
export function takeReady({ ready }: SpareShelf): GuestChild | undefined {
  const child = [...ready].at(-1);
  if (child !== undefined) ready.delete(child);
  return child;
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
export function dropOne({ starting, ready }: SpareShelf): void {
  const [spare] = starting;
  if (spare !== undefined) {
    starting.delete(spare);
    return dropStarting(spare);
  }
  const [child] = ready;
  if (child === undefined) return;
  ready.delete(child);
  void child.session.dispose();
}

/** Calls a start off that is on no shelf any more. It may have come through all the same. */
export function dropStarting({ child, drop }: StartingSpare): void {
  drop();
  void child.then(
    ({ session }) => session.dispose(),
    () => undefined,
  );
}
