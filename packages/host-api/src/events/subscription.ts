import type { EventEnvelope, EventStream } from '@kb-labs/contracts';

/** One subscription of a guest. What waits for it waits with the bus, by the bus's limits of number and bytes, but for the one that is next. */
export interface Subscription {
  readonly id: number;
  /** The event that is next, where it is here already. */
  readonly head: EventEnvelope | undefined;
  /** How many wait with the bus. */
  readonly waiting: number;
  /** Asks the bus for the next event, unless one is here or has been asked for. */
  pull(): void;
  /** Takes the head. Where the one after it was waiting already, resolves when that is here. */
  take(): Promise<void> | undefined;
  /** Ends it; what waits is not delivered. */
  close(): void;
}

/** Who is told that a head has come, and that no more will. */
export interface SubscriptionEvents {
  readonly onHead: () => void;
  readonly onEnd: () => void;
}

/** Makes one of a stream. Events stay where they are until the first `pull`. */
export function createSubscription(id: number, stream: EventStream, events: SubscriptionEvents): Subscription {
  let head: EventEnvelope | undefined;
  let pulling: Promise<void> | undefined;
  let isClosed = false;

  // Not an async function, which would take twice as many turns of the microtask queue for each event.
  const receive = (step: IteratorResult<EventEnvelope, unknown>): void => {
    pulling = undefined;
    if (isClosed) return;
    if (step.done === true) return events.onEnd();
    head = step.value;
    events.onHead();
  };
  const lose = (): void => {
    pulling = undefined;
    // A stream that fails gives nothing more.
    events.onEnd();
  };
  const pull = (): void => {
    if (head !== undefined || isClosed || pulling !== undefined) return;
    try {
      pulling = stream.next().then(receive, lose);
    } catch {
      lose();
    }
  };

  return {
    id,
    get head() {
      return head;
    },
    get waiting() {
      return stream.waiting;
    },
    pull,
    take() {
      head = undefined;
      const isNextHere = stream.waiting > 0;
      pull();
      return isNextHere ? pulling : undefined;
    },
    close() {
      isClosed = true;
      head = undefined;
      stream[Symbol.dispose]();
    },
  };
}
