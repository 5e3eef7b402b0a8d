import { createError } from '@kb-labs/contracts';
import type { DeliveredEvent, EventStream } from '@kb-labs/contracts';
import { onStop } from '../call-signal.js';
import { createAbortedError } from '../host-function.js';
import type { CallContext } from '../host-function.js';
import { createIdTable } from '../id-table.js';
import { createBatch } from './batch.js';
import type { Batch } from './batch.js';
import { createRotation } from './rotation.js';
import { createSubscription } from './subscription.js';
import type { Subscription } from './subscription.js';

const PLACES = {
  quota: 'openSubscriptions',
  limit: 256,
  hint: 'end subscriptions that are not needed any more',
} as const;

/** All that one guest is subscribed to, and the one place where it is handed over. Disposing ends every subscription. */
export class Inbox implements Disposable {
  readonly #table = createIdTable<Subscription>(PLACES);
  readonly #rotation = createRotation();
  #batch: Batch = createBatch();
  #wake: (() => void) | undefined;
  #isWaiting = false;
  #isClosed = false;

  /** Answers with the subscription's id. Throws `ERR_QUOTA_EXCEEDED` where there are too many, before `open` is called. */
  async add(open: () => Promise<EventStream>): Promise<number> {
    const place = this.#table.take();
    try {
      const stream = await open();
      const events = { onHead: () => this.#wake?.(), onEnd: () => this.#forget(place.id) };
      const added = createSubscription(place.id, stream, events);
      place.keep(added);
      this.#rotation.add(added);
      if (this.#isClosed) this.#forget(place.id);
      if (this.#isWaiting) added.pull();
      return place.id;
    } finally {
      place.free();
    }
  }

  /** Resolves when there is something, and with nothing when the run ends. One at a time: a second is `ERR_INVALID_ARGUMENT`. */
  async next(context: CallContext): Promise<readonly DeliveredEvent[]> {
    if (this.#isWaiting) throw createBusyError();
    this.#isWaiting = true;
    try {
      using _ = onStop(context, () => this.#wake?.());
      await this.#collect(context);
      // What has been collected is for the call that comes next.
      if (context.signal.aborted) throw createAbortedError();
      const { events } = this.#batch;
      this.#batch = createBatch();
      return events;
    } finally {
      this.#isWaiting = false;
    }
  }

  /** Does nothing for what has ended. Throws `ERR_INVALID_ARGUMENT` for an id that was never given out. */
  remove(id: number): void {
    this.#forget(id);
    this.#batch.drop(id);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#rotation.close();
  }

  #forget(id: number): void {
    const subscription = this.#table.peek(id);
    this.#table.remove(id);
    if (subscription !== undefined) this.#rotation.remove(subscription);
  }

  async #collect({ closing, signal }: CallContext): Promise<void> {
    for (;;) {
      this.#rotation.pull();
      await this.#rotation.fill(this.#batch);
      if (this.#batch.events.length > 0 || closing.aborted || signal.aborted) return;
      if (this.#rotation.isReady) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function createBusyError(): Error {
  return createError('ERR_INVALID_ARGUMENT', 'events.next: the call before this one still waits', {
    hint: 'one call serves all subscriptions: await it before the next',
  });
}
