import type { EventListener, EventPublishOptions, GuestEvents, GuestSubscription } from '@kb-labs/contracts';
import { createEventPump } from './event-pump.js';
import type { PumpedSubscription } from './event-pump.js';
import { invalidArgument } from './guest-calls.js';
import { describeThrown } from './guest-error.js';
import type { GuestPort } from './guest-port.js';
import type { Lender } from './lent-functions.js';
import { waitForEvent } from './wait-for-event.js';

/** `ctx.events`, and how it ends with its run. */
export interface LentEvents {
  readonly events: Partial<GuestEvents>;
  /** Ends every subscription: streams are over, and waits reject with `ERR_ABORTED`. */
  end(): void;
}

/** Makes `ctx.events` out of the functions that were lent: listening takes `subscribe` and `next`, speaking takes `publish`. */
export function createGuestEvents({ port, calls }: Lender, names: readonly string[]): LentEvents {
  const pump = createEventPump(port);
  const publish = (...args: readonly [string, unknown, EventPublishOptions?]): Promise<unknown> =>
    calls.track(() => port.call('events.publish', args, undefined));
  const listening: Omit<GuestEvents, 'publish'> = {
    subscribe: (pattern, listener, options = {}) =>
      calls.track(async () => {
        if (typeof listener !== 'function') throw invalidArgument('the listener must be a function');
        options.signal?.throwIfAborted();
        return await deliver(port, {
          pattern,
          listener,
          subscription: openUntil(pump.open(pattern, options), options.signal),
        });
      }),
    stream: (pattern, options = {}) => iterate(openUntil(pump.open(pattern, options), options.signal)),
    waitFor: (pattern, options = {}) => calls.track(() => waitForEvent(pump, pattern, options)),
  };
  const members = {
    ...(names.includes('publish') && { publish }),
    ...(names.includes('subscribe') && names.includes('next') && listening),
  };
  // What a host answers to `publish` is a receipt.
  return { events: Object.freeze(members) as Partial<GuestEvents>, end: () => pump.end() };
}

/** Closes a subscription when the signal aborts, and lets go of the signal when it is closed before. */
function openUntil(subscription: PumpedSubscription, signal: AbortSignal | undefined): PumpedSubscription {
  if (signal === undefined) return subscription;
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', abort);
    await subscription.close();
  };
  const abort = (): void => void close();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort);
  return { ...subscription, close };
}

interface Delivery {
  readonly pattern: string;
  readonly listener: EventListener;
  readonly subscription: PumpedSubscription;
}

async function deliver(port: GuestPort, { pattern, listener, subscription }: Delivery): Promise<GuestSubscription> {
  const warn = (text: string, error: unknown): void =>
    port.log('warn', text, { pattern, message: describeThrown(error, '').message });
  const serve = async (): Promise<void> => {
    for (
      let event = await subscription.mailbox.take();
      event !== undefined;
      event = await subscription.mailbox.take()
    ) {
      try {
        await Reflect.apply(listener, undefined, [event]);
      } catch (error) {
        warn('a listener failed', error);
      }
    }
  };
  await subscription.opened;
  void serve().catch((error: unknown) => warn('a subscription ended', error));
  const unsubscribe = (): Promise<void> => subscription.close();
  return Object.freeze({ unsubscribe, [Symbol.asyncDispose]: unsubscribe });
}

function iterate({ mailbox, close }: PumpedSubscription): ReturnType<GuestEvents['stream']> {
  const stream: ReturnType<GuestEvents['stream']> = {
    async next() {
      const event = await mailbox.take();
      return event === undefined ? { done: true, value: event } : { done: false, value: event };
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return Object.freeze(stream);
}
