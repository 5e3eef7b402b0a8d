import type { Batch } from './batch.js';
import type { Subscription } from './subscription.js';

/** Subscriptions in the order in which they are served: who was served goes to the end, so that none starves beside a busy one. */
export interface Rotation {
  /** Whether one has an event at hand. */
  readonly isReady: boolean;
  add(subscription: Subscription): void;
  /** Closes it. */
  remove(subscription: Subscription): void;
  /** Asks the bus for each one's next event. */
  pull(): void;
  /**
   * One event of each, again and again, until nothing is at hand or the batch is full. As many as wait for one of them may be on their way together: its
   * queue was asked to hold them.
   */
  fill(batch: Batch): Promise<void>;
  /** Closes all of them. */
  close(): void;
}

/** Makes a rotation of none. */
export function createRotation(): Rotation {
  let order: readonly Subscription[] = [];

  /** Whether there may be more. */
  const fillOnce = async (batch: Batch): Promise<boolean> => {
    let hasMore = false;
    // Over the order as it is now: what is added or moved to the end meanwhile comes with the next round.
    for (const each of order) {
      if (each.head === undefined) continue;
      if (!batch.add(each.id, each.head)) return false;
      if (order.at(-1) !== each) order = [...order.filter((other) => other !== each), each];
      const taken = each.take();
      if (taken !== undefined) await taken;
      hasMore = true;
    }
    return hasMore;
  };

  return {
    get isReady() {
      return order.some(({ head }) => head !== undefined);
    },
    add(subscription) {
      order = [...order, subscription];
    },
    remove(subscription) {
      order = order.filter((each) => each !== subscription);
      subscription.close();
    },
    pull() {
      for (const each of order) each.pull();
    },
    async fill(batch) {
      // One of them may be on its way here.
      for (const each of order) batch.widen(each.waiting + 1);
      while (await fillOnce(batch));
    },
    close() {
      for (const each of order) each.close();
      order = [];
    },
  };
}
