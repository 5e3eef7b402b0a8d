import { availableParallelism } from 'node:os';
import { createError } from '@kb-labs/contracts';
import type { SandboxPlan } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { createChildKeys } from './child-key.js';
import type { CheckedForkOptions } from './fork-options.js';
import type { PreloadCall } from '../wire/host-peer.js';
import type { GuestChild } from './guest-child.js';
import type { ModuleHabit } from './module-habit.js';
import { fits } from './preload-spare.js';
import type { Spare } from './preload-spare.js';
import { createSpareKeeper } from './spare-keeper.js';
import type { SpareKeeper } from './spare-keeper.js';
import { claimSpare } from './claim-spare.js';
import { takeFitting, takeReady } from './spare-shelf.js';
import { createWaitingLine } from './waiting-line.js';
import { createWarmChildren } from './warm-children.js';
import type { WarmChildren } from './warm-children.js';
import { createWarmPool } from './warm-pool.js';
import type { WarmPool } from './warm-pool.js';
import type { WaitingLine } from './waiting-line.js';

/** How children are started, and how many there may be. */
export interface ChildPoolOptions extends CheckedForkOptions {
  /** Throws as `SandboxAdapter.acquire` does, with nothing left behind. */
  readonly start: (plan: SandboxPlan, isSpare: boolean) => Promise<GuestChild>;
}

/** A child for one run, and whether it was started for it. */
interface TakenChild extends Spare {
  readonly isCold: boolean;
}

/** The children of one adapter. Each serves the key it was started for and no other. */
export interface ChildPool {
  /** Throws `ERR_CONFIG_INVALID` once it is closed, and `ERR_ABORTED`. */
  assertOpen(signal: AbortSignal): void;
  readonly isOpen: boolean;
  /** A ready one, one that is about to be ready, or a new one; waits where there are too many. Throws as `SandboxAdapter.acquire` does. */
  take(plan: SandboxPlan): Promise<TakenChild>;
  /** One in which nothing is loaded but what this call needs: a ready one, or a new one. */
  takeFor(call: PreloadCall, plan: SandboxPlan): Promise<TakenChild>;
  /** Takes one back in which nothing was run. */
  giveBack(plan: SandboxPlan, taken: TakenChild): Promise<void>;
  /** Those that stay for further runs. */
  readonly warm: WarmPool;
  /** What the runs of this plan's key load. */
  habitOf(plan: SandboxPlan): ModuleHabit | undefined;
  /** Ends all. When it resolves, nothing of them is left, nor of those that were being started. */
  close(): Promise<void>;
}

/** Makes an empty pool. It starts nothing before the first `take`. */
export function createChildPool(options: ChildPoolOptions): ChildPool {
  return new Pool(options);
}

class Pool implements ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #keyOf = createChildKeys();
  readonly #line: WaitingLine;
  readonly #spares: SpareKeeper;
  readonly #stays: WarmChildren;
  readonly warm: WarmPool;
  readonly #children = new Set<GuestChild>();
  readonly #starting = new Set<Promise<GuestChild>>();
  readonly #closing = new AbortController();
  /** Processes, from before they are started until they are gone. */
  #alive = 0;
  /** Runs that wait for a child of their own. */
  #urgent = 0;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.#line = createWaitingLine(options.maxQueued);
    this.#spares = createSpareKeeper({
      ...options,
      hasRoom: (starting) => this.#hasRoom(starting),
      start: (plan) => this.#startAhead(plan),
    });
    const isAwaited = (): boolean => this.#line.length > 0;
    this.#stays = createWarmChildren({ ...options, maxIdle: Math.max(1, options.maxSpares), isAwaited });
    this.warm = createWarmPool({
      children: this.#stays,
      start: async (plan) => (await this.#hurry(() => this.#startOwn(plan))).child,
      hasSuccessors: options.spares > 0,
      startAhead: (plan) =>
        this.#hasRoom(0) ? this.#startAhead({ ...plan, signal: this.#closing.signal }) : undefined,
    });
  }

  get isOpen(): boolean {
    return !this.#closing.signal.aborted;
  }

  assertOpen(signal: AbortSignal): void {
    if (this.#closing.signal.aborted) throw disposed();
    if (signal.aborted) throw abortError(signal);
  }

  async take(plan: SandboxPlan): Promise<TakenChild> {
    for (const signal of [this.#closing.signal, plan.signal]) if (signal.aborted) throw abortError(signal);
    const shelf = this.#spares.use(this.#keyOf(plan), plan);
    const ready = takeReady(shelf);
    if (ready !== undefined) return { ...ready, isCold: false };
    return await this.#hurry(async () => {
      const claimed = await claimSpare(shelf, AbortSignal.any([plan.signal, this.#closing.signal]));
      return claimed === undefined ? await this.#startOwn(plan) : { ...claimed, isCold: false };
    });
  }

  async takeFor(call: PreloadCall, plan: SandboxPlan): Promise<TakenChild> {
    const shelf = this.#spares.find(this.#keyOf(plan));
    const ready = shelf === undefined ? undefined : takeFitting(shelf, (spare) => fits(spare, call, plan));
    return ready === undefined ? await this.#hurry(() => this.#startOwn(plan)) : { ...ready, isCold: false };
  }

  habitOf(plan: SandboxPlan): ModuleHabit | undefined {
    return this.#spares.find(this.#keyOf(plan))?.habit;
  }

  /** A run that waits for its own start needs one processor: where there are more, the next one's spare is started beside it, or runs without a rest never met one. */
  #hasRoom(starting: number): boolean {
    const hasProcessor = this.#urgent + starting < availableParallelism();
    return hasProcessor && this.#line.length === 0 && this.#alive < this.#options.maxChildren;
  }

  #startAhead(plan: SandboxPlan): Promise<GuestChild> {
    this.#alive += 1;
    return this.#start({ ...plan, signal: AbortSignal.any([plan.signal, this.#closing.signal]) }, true);
  }

  async #hurry(work: () => Promise<TakenChild>): Promise<TakenChild> {
    this.#urgent += 1;
    try {
      return await work();
    } finally {
      this.#urgent -= 1;
      this.#spares.refillSoon();
    }
  }

  async #startOwn(plan: SandboxPlan): Promise<TakenChild> {
    const signal = AbortSignal.any([plan.signal, this.#closing.signal]);
    await this.#enter(plan, signal);
    return { child: await this.#start({ ...plan, signal }, false), preloaded: undefined, isCold: true };
  }

  async giveBack(plan: SandboxPlan, taken: TakenChild): Promise<void> {
    // Where runs wait, its place is theirs.
    const isKept = this.#line.length === 0 && this.#spares.keep(this.#keyOf(plan), taken);
    if (!isKept) await taken.child.session.dispose();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the fork sandbox was disposed'));
    this.#spares.close();
    this.#stays.close();
    await Promise.all([...this.#children].map((child) => child.session.dispose()));
    await Promise.allSettled(this.#starting);
    // Whoever waits for this is to be told.
    for (const child of this.#children) child.hold(true);
    await Promise.all([...this.#children].map((child) => child.gone));
  }

  /** Waits until there is room for one more process, and takes it. An idle one of another key has to go before a run waits for long. */
  async #enter({ plugin, limits }: SandboxPlan, signal: AbortSignal): Promise<void> {
    if (this.#alive < this.#options.maxChildren) {
      this.#alive += 1;
      return;
    }
    const isGoing = this.#stays.sacrificeOne() || this.#spares.sacrificeOne();
    if (!isGoing) this.#stays.retireOldest();
    const limitMs = Math.min(this.#options.queueTimeoutMs, limits.startTimeoutMs);
    await this.#line.wait({ pluginId: plugin.id, limitMs, signal });
  }

  /** The place of who has left goes to the next in line. */
  #leave(): void {
    if (!this.#line.admitNext()) this.#alive -= 1;
  }

  /** Room for it has been taken. */
  async #start(plan: SandboxPlan, isSpare: boolean): Promise<GuestChild> {
    const starting = this.#options.start(plan, isSpare);
    this.#starting.add(starting);
    let child: GuestChild;
    try {
      child = await starting;
    } catch (error) {
      this.#leave();
      throw error;
    } finally {
      this.#starting.delete(starting);
    }
    this.#children.add(child);
    void child.gone.then(() => {
      this.#children.delete(child);
      this.#leave();
    });
    if (!this.#closing.signal.aborted) return child;
    await child.session.dispose();
    throw abortError(this.#closing.signal);
  }
}

function disposed(): Error {
  return createError('ERR_CONFIG_INVALID', 'the fork sandbox has been disposed', { hint: 'make a new one' });
}
