import type { SandboxPlan } from '@kb-labs/contracts';
import type { GuestChild } from './guest-child.js';
import { preloadSpare } from './preload-spare.js';
import type { Spare } from './preload-spare.js';
import type { SpareShelf, StartingSpare } from './spare-shelf.js';

/** How a spare is started, and who hears of it. */
export interface SpareStart {
  readonly start: (plan: SandboxPlan) => Promise<GuestChild>;
  readonly preload: boolean;
  /** The next one may be started. Told once, whoever gets this one. */
  readonly onStarted: () => void;
  /** It waits for a run. */
  readonly onSpare: (spare: Spare) => void;
  /** It never got so far. */
  readonly onLost: () => void;
}

/** Starts a spare for a shelf, and has it load what its runs load. Until that is done a run may claim it. */
export function startSpare(shelf: SpareShelf, options: SpareStart): void {
  const calledOff = new AbortController();
  const child = options.start({ ...shelf.plan, signal: calledOff.signal });
  const drop = (): void => calledOff.abort(new Error('the spare is not needed'));
  const spare: StartingSpare = { child, preloading: undefined, drop };
  shelf.starting.add(spare);
  void child.then(
    async (ready) => {
      options.onStarted();
      const made = await prepare(shelf, { spare, ready }, options);
      // Else a run has claimed it.
      if (!shelf.starting.delete(spare)) return;
      if (made !== undefined) return options.onSpare(made);
      shelf.habit.noteHarm();
      options.onLost();
    },
    () => {
      options.onStarted();
      if (shelf.starting.delete(spare)) options.onLost();
    },
  );
}

interface ReadySpare {
  readonly spare: StartingSpare;
  readonly ready: GuestChild;
}

async function prepare(
  shelf: SpareShelf,
  { spare, ready }: ReadySpare,
  { preload }: SpareStart,
): Promise<Spare | undefined> {
  const call = preload && shelf.starting.has(spare) ? shelf.habit.wanted() : undefined;
  if (call === undefined) return { child: ready, preloaded: undefined };
  spare.preloading = preloadSpare(ready, call, shelf.plan);
  const { preloaded, done } = spare.preloading;
  return (await done) ? { child: ready, preloaded } : undefined;
}
