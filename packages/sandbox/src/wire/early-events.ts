import type { EventEnvelope } from '@kb-labs/contracts';

/** Events that came before the answer to their own subscription. */
export interface EarlyEvents {
  readonly isFull: boolean;
  /** An answer is on its way. */
  begin(): void;
  /** With no answer on its way it is for a subscription that has ended, and forgotten. */
  keep(subscription: number, event: EventEnvelope): void;
  take(subscription: number): readonly EventEnvelope[];
  /** The answer is here, or will never be. */
  end(): void;
}

const MAX_EARLY = 64;

/** Keeps them, in order, until no answer is on its way. */
export function createEarlyEvents(): EarlyEvents {
  let events: (readonly [number, EventEnvelope])[] = [];
  let opening = 0;
  return {
    get isFull() {
      return events.length >= MAX_EARLY;
    },
    begin() {
      opening += 1;
    },
    keep(subscription, event) {
      if (opening > 0) events.push([subscription, event]);
    },
    take: (subscription) => events.flatMap(([id, event]) => (id === subscription ? [event] : [])),
    end() {
      opening -= 1;
      if (opening === 0) events = [];
    },
  };
}
