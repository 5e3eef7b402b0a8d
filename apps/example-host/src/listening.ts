import type { ExecutionEvent } from '@kb-labs/plugin-runtime';
import type { PlannedRun } from './planned-run.js';

/** When those who listen do. What is published before that, they do not hear. */
export interface Listening {
  /** Resolves when each listens, or has ended without. */
  readonly all: Promise<unknown>;
  observe(label: string, event: ExecutionEvent): void;
  /** Nobody waits any longer for a run that is over. */
  over(label: string): void;
}

interface Waiting extends PromiseWithResolvers<void> {
  /** Subscriptions that are still to be made. */
  left: number;
}

/** Waits for runs by the subscriptions that each is said to make. */
export function createListening(runs: readonly Pick<PlannedRun, 'label' | 'subscriptions'>[]): Listening {
  const waiting = new Map<string, Waiting>();
  for (const { label, subscriptions: left = 0 } of runs) {
    if (left > 0) waiting.set(label, { left, ...Promise.withResolvers<void>() });
  }
  return {
    all: Promise.all([...waiting.values()].map(({ promise }) => promise)),
    observe(label, event) {
      const run = waiting.get(label);
      if (run === undefined) return;
      if (event.type === 'host-call' && event.name === 'events.subscribe' && event.code === undefined) run.left -= 1;
      if (run.left === 0) run.resolve();
    },
    over: (label) => waiting.get(label)?.resolve(),
  };
}
