import type { EventEnvelope, EventStream } from '@kb-labs/contracts';

/** One subscription of a guest. What waits for it waits with the bus, by the bus's limits of number and bytes, but for the one that is next. */
export interface Subscription {
  readonly id: number;
  /** The event that is next, where it is here already. */
  readonly head: EventEnvelope | undefined;
  /** Asks the bus for the next event, unless one is here or has been asked for. */
  pull(): void;
  /** Takes the head. Resolves when the one after it is here, where it was waiting already. */
  take(): Promise<void>;
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

  const pullOne = async (): Promise<void> => {
    try {
      const step = await stream.next();
      if (isClosed) return;
      if (step.done === true) events.onEnd();
      else head = step.value;
    } catch {
      // A stream that fails gives nothing more.
      events.onEnd();
    } finally {
      pulling = undefined;
    }
    if (head !== undefined) events.onHead();
  };
  const pull = (): void => {
    if (head === undefined && !isClosed) pulling ??= pullOne();
  };

  return {
    id,
    get head() {
      return head;
    },
    pull,
    async take() {
      head = undefined;
      const isNextHere = stream.waiting > 0;
      pull();
      if (isNextHere) await pulling;
    },
    close() {
      isClosed = true;
      head = undefined;
      stream[Symbol.dispose]();
    },
  };
}
