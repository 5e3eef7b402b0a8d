import type { SandboxPlan } from '@kb-labs/contracts';
import type { GuestChild } from './guest-child.js';
import { findLeastBusy } from './least-busy.js';
import { createWarmChild, isNearEnd, isRestlessIdle, isWorn } from './warm-child.js';
import type { WarmChild, WearLimits } from './warm-child.js';

/** How long children are kept, and how many of them without a run. */
export interface WarmLimits extends WearLimits {
  readonly idleMs: number;
  readonly maxIdle: number;
  /** Whether runs wait for the place of a process: then none is kept without a run. */
  readonly isAwaited: () => boolean;
}

/** The children of one adapter that stay for further runs of their key. */
export interface WarmChildren {
  /** The one for another run, which is in one place more then: an idle one if there is, or for a re-entrant plugin the least busy. */
  take(key: string, plan: SandboxPlan, isFit?: (warm: WarmChild) => boolean): WarmChild | undefined;
  /** Keeps one that was just started. It is in one place if somebody waited for it, in none otherwise. */
  add(key: string, child: GuestChild, isTaken: boolean): WarmChild;
  /** Keeps one that takes the place of another of its key when that gets no more runs. */
  addReserve(key: string, child: GuestChild): void;
  /** Has one that waits for the place of another take runs now. `false` where there is none. */
  callReserve(key: string): boolean;
  /** Whether another one should be started to take the place of this one, now that it is about to begin a run. */
  needsSuccessor(warm: WarmChild): boolean;
  /** It is in one place less. */
  release(warm: WarmChild): void;
  /** It gets no more runs. */
  retire(warm: WarmChild): void;
  /** Those that get runs. */
  count(key: string): number;
  /** Ends the one that has been idle for longest. `false` where none is. */
  sacrificeOne(): boolean;
  /** Lets the oldest of those that have runs end with them, so that no plugin keeps its place for ever by runs that overlap. */
  retireOldest(): void;
  /** Keeps none from now on. Those that there are end with their pool. */
  close(): void;
}

/** Runs of a re-entrant plugin that are under way in one child at most. */
const MOST_AT_ONCE = 32;
const LONGEST_SWEEP_MS = 250;
const SHORTEST_SWEEP_MS = 20;

/** Makes it, with none. */
export function createWarmChildren(limits: WarmLimits): WarmChildren {
  return new Children(limits);
}

class Children implements WarmChildren {
  readonly #limits: WarmLimits;
  readonly #byKey = new Map<string, Set<WarmChild>>();
  /** The one that has been idle for longest comes first. */
  readonly #idle = new Set<WarmChild>();
  #sweep: NodeJS.Timeout | undefined;
  #isLettingGo = false;
  #isClosed = false;

  constructor(limits: WarmLimits) {
    this.#limits = limits;
  }

  take(
    key: string,
    { isolation }: SandboxPlan,
    isFit: (warm: WarmChild) => boolean = () => true,
  ): WarmChild | undefined {
    const isShared = isolation.kind === 'plugin' && isolation.reentrant;
    for (;;) {
      const found = findLeastBusy(this.#byKey.get(key) ?? [], isShared ? MOST_AT_ONCE : 1, isFit);
      if (found === undefined) return undefined;
      if (found.open === 0 && this.#isSpent(found)) {
        this.retire(found);
        continue;
      }
      this.#idle.delete(found);
      found.isReserve = false;
      found.open += 1;
      return found;
    }
  }

  addReserve(key: string, child: GuestChild): void {
    // Where the others are gone by now, its time has come.
    const isAwaited = this.count(key) === 0;
    this.add(key, child, false).isReserve = !isAwaited;
  }

  callReserve(key: string): boolean {
    for (const warm of this.#byKey.get(key) ?? []) {
      if (!warm.isReserve) continue;
      warm.isReserve = false;
      return true;
    }
    return false;
  }

  needsSuccessor(warm: WarmChild): boolean {
    if (warm.hasSuccessor || !isNearEnd(warm, performance.now(), this.#limits)) return false;
    // Both will be idle at times. One that had to go for the other would have been started for nothing.
    return this.#idle.size + 2 <= this.#limits.maxIdle;
  }

  add(key: string, child: GuestChild, isTaken: boolean): WarmChild {
    const warm = createWarmChild(child, key);
    const siblings = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, siblings);
    siblings.add(warm);
    void child.gone.then(() => this.#forget(warm));
    warm.open = 1;
    if (!isTaken) this.release(warm);
    return warm;
  }

  release(warm: WarmChild): void {
    warm.open -= 1;
    const now = performance.now();
    if (this.#isClosed || isWorn(warm, now, this.#limits)) this.retire(warm);
    if (warm.open > 0) return;
    if (this.#limits.isAwaited()) this.retire(warm);
    if (warm.isRetired) return void warm.child.session.dispose();
    warm.idleSince = now;
    warm.quietMs = warm.child.watch.last.cpuMs;
    this.#idle.add(warm);
    this.#letGoSoon();
    if (this.#idle.size > this.#limits.maxIdle) this.sacrificeOne();
    const every = Math.min(LONGEST_SWEEP_MS, Math.max(SHORTEST_SWEEP_MS, this.#limits.idleMs / 8));
    this.#sweep ??= setInterval(() => this.#lookAtIdle(), every).unref();
  }

  retire(warm: WarmChild): void {
    warm.isRetired = true;
    this.#forget(warm);
    if (warm.open === 0) void warm.child.session.dispose();
  }

  count(key: string): number {
    let count = 0;
    for (const { isReserve } of this.#byKey.get(key) ?? []) if (!isReserve) count += 1;
    return count;
  }

  sacrificeOne(): boolean {
    const [longest] = this.#idle;
    if (longest !== undefined) this.retire(longest);
    return longest !== undefined;
  }

  retireOldest(): void {
    let oldest: WarmChild | undefined;
    for (const siblings of this.#byKey.values()) {
      for (const warm of siblings) if (oldest === undefined || warm.bornAt < oldest.bornAt) oldest = warm;
    }
    if (oldest !== undefined) this.retire(oldest);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
  }

  /** At the end of this turn of the loop: by then most hosts that have another run have begun it, and to hold and let go takes longer than to look. */
  #letGoSoon(): void {
    if (this.#isLettingGo) return;
    this.#isLettingGo = true;
    setImmediate(() => {
      this.#isLettingGo = false;
      for (const { child } of this.#idle) child.hold(false);
    });
  }

  #isSpent(warm: WarmChild): boolean {
    const now = performance.now();
    return isWorn(warm, now, this.#limits) || isRestlessIdle(warm, now);
  }

  #forget(warm: WarmChild): void {
    this.#idle.delete(warm);
    const siblings = this.#byKey.get(warm.key);
    if (siblings?.delete(warm) !== true) return;
    if (siblings.size === 0) this.#byKey.delete(warm.key);
    else if (!warm.isReserve) this.callReserve(warm.key);
  }

  #lookAtIdle(): void {
    const now = performance.now();
    for (const warm of this.#idle) {
      if (now - warm.idleSince > this.#limits.idleMs || this.#isSpent(warm)) this.retire(warm);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
