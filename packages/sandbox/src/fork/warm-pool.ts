import { availableParallelism } from 'node:os';
import type { SandboxPlan } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { onAbort } from '../wire/deadline.js';
import { createChildKeys } from './child-key.js';
import type { GuestChild } from './guest-child.js';
import type { WarmChild } from './warm-child.js';
import type { WarmChildren } from './warm-children.js';

/** How children that stay are started. */
export interface WarmPoolOptions {
  readonly children: WarmChildren;
  /** For somebody who waits for it. Throws as `SandboxAdapter.acquire` does. */
  readonly start: (plan: SandboxPlan) => Promise<GuestChild>;
  /** For nobody yet; `undefined` where there may be no further process now. */
  readonly startAhead: (plan: SandboxPlan) => Promise<GuestChild> | undefined;
  /** Whether one is started ahead to take the place of one that has nearly served its time. */
  readonly hasSuccessors: boolean;
}

/** A child that stays, and whether it was started for whoever has it. */
export interface WarmLease {
  readonly warm: WarmChild;
  readonly isCold: boolean;
}

/** Gets children that stay. Each serves one key. */
export interface WarmPool {
  /** One that is there, or a new one. Throws as `SandboxAdapter.acquire` does. */
  lease(plan: SandboxPlan, isFit?: (warm: WarmChild) => boolean): Promise<WarmLease>;
  /** One that is there, without a wait; `undefined` where none is. */
  leaseAtOnce(plan: SandboxPlan): WarmLease | undefined;
  release(warm: WarmChild): void;
  retire(warm: WarmChild): void;
}

/** Makes it over the children of one adapter. */
export function createWarmPool(options: WarmPoolOptions): WarmPool {
  const { children } = options;
  const childKeyOf = createChildKeys();
  const starts = createStarts(options);
  const takeOne = (key: string, plan: SandboxPlan, isFit?: (warm: WarmChild) => boolean): WarmLease | undefined => {
    const warm = children.take(key, plan, isFit);
    if (warm === undefined) return undefined;
    if (warm.open > 1) starts.grow(key, plan);
    // Runs that share a process can go to another one that is there, in larger pieces as long as it is alone.
    const isMissed = options.hasSuccessors && (!isShared(plan) || children.count(key) === 1);
    if (isMissed && children.needsSuccessor(warm)) warm.hasSuccessor = starts.succeed(key, plan);
    return { warm, isCold: false };
  };

  return {
    leaseAtOnce: (plan) => takeOne(childKeyOf(plan), plan),
    async lease(plan, isFit) {
      const key = childKeyOf(plan);
      for (;;) {
        const found = takeOne(key, plan, isFit);
        if (found !== undefined) return found;
        const other = isFit === undefined ? starts.underWay(key, plan) : undefined;
        if (other === undefined) return await starts.begin(key, plan);
        await untilSettled(other, plan.signal);
      }
    },
    release: (warm) => children.release(warm),
    retire: (warm) => children.retire(warm),
  };
}

/** The starts of children that stay. */
interface Starts {
  begin(key: string, plan: SandboxPlan): Promise<WarmLease>;
  /** Where all children of a re-entrant plugin are busy, and processors are left for another one. */
  grow(key: string, plan: SandboxPlan): void;
  /** Starts one that takes the place of another. `false` where there may be none now. */
  succeed(key: string, plan: SandboxPlan): boolean;
  /**
   * One that this run should wait for. Runs of a re-entrant plugin all wait for it; without that one run does, where no other child of its key is there to
   * end first, and the rest have a child each.
   */
  underWay(key: string, plan: SandboxPlan): Promise<unknown> | undefined;
}

function createStarts(options: WarmPoolOptions): Starts {
  const { children } = options;
  // Node asks the system each time.
  const processors = availableParallelism();
  /** By key: a start that is under way and that no run has for itself alone. */
  const starting = new Map<string, Promise<unknown>>();
  const keep = (key: string, settled: Promise<unknown>): void => {
    starting.set(key, settled);
    void settled.then(() => starting.get(key) === settled && starting.delete(key));
  };
  const startAhead = (key: string, plan: SandboxPlan, add: (child: GuestChild) => void): boolean => {
    const settled = options.startAhead(plan)?.then(add, () => undefined);
    if (settled !== undefined) keep(key, settled);
    return settled !== undefined;
  };

  return {
    underWay(key, plan) {
      const start = starting.get(key);
      if (isShared(plan)) return start;
      if (children.count(key) > 0) return undefined;
      starting.delete(key);
      return start;
    },
    async begin(key, plan) {
      const started = options.start(plan);
      const settled = started.then(
        () => undefined,
        () => undefined,
      );
      if (isShared(plan) && !starting.has(key)) keep(key, settled);
      return { warm: children.add(key, await started, true), isCold: true };
    },
    grow(key, plan) {
      if (starting.has(key) || children.count(key) >= processors || children.callReserve(key)) return;
      startAhead(key, plan, (child) => void children.add(key, child, false));
    },
    succeed: (key, plan) => !starting.has(key) && startAhead(key, plan, (child) => children.addReserve(key, child)),
  };
}

function isShared({ isolation }: SandboxPlan): boolean {
  return isolation.kind === 'plugin' && isolation.reentrant;
}

async function untilSettled(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const called = Promise.withResolvers<void>();
  const stop = onAbort(signal, () => called.resolve());
  await Promise.race([promise, called.promise]);
  stop();
  if (signal.aborted) throw abortError(signal);
}
