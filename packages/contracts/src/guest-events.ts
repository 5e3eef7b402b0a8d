import type {
  EventEnvelope,
  EventListener,
  EventPublishOptions,
  EventReceipt,
  EventSubscribeOptions,
  EventWaitOptions,
} from './events.js';

/** A guest's own hold on what it listens to. Ends with the run at the latest. */
export interface GuestSubscription extends AsyncDisposable {
  /** Stops it; what waits is not delivered. */
  unsubscribe(): Promise<void>;
}

/** Events through the gate. Sender, time, id and trace are stamped by the host. */
export interface GuestEvents {
  /** Rejects with `ERR_EVENT_DENIED`, `_TOO_LARGE`, `_OVERFLOW`, `ERR_INVALID_ARGUMENT`, `ERR_QUOTA_EXCEEDED`. */
  publish(topic: string, payload: unknown, options?: EventPublishOptions): Promise<EventReceipt>;
  /** Resolves when the host listens. One event at a time for each listener; one that throws is logged as a warning and hurts nobody. */
  subscribe(pattern: string, listener: EventListener, options?: EventSubscribeOptions): Promise<GuestSubscription>;
  /** Events as they come, from the call on. `break` ends it, and so does the end of the run. */
  stream(pattern: string, options?: EventSubscribeOptions): AsyncIterableIterator<EventEnvelope, undefined>;
  /** Rejects with `ERR_EVENT_TIMEOUT`, `ERR_ABORTED`. An event that does not fit is passed over, and the wait goes on. */
  waitFor(pattern: string, options?: EventWaitOptions): Promise<EventEnvelope>;
}

/** One event for one subscription of a guest, as `events.next` hands it over. */
export interface DeliveredEvent {
  readonly subscription: number;
  readonly event: EventEnvelope;
}
