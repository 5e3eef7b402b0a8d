import type { ErrorCode } from './error-codes.js';

/** How far an event goes: one execution of one plugin, all executions of that plugin, or everybody. */
export type EventScope = 'execution' | 'plugin' | 'host';

/** All three, narrowest first. */
export const EVENT_SCOPES: readonly EventScope[] = Object.freeze(['execution', 'plugin', 'host'] as const);

/** The scopes of a document that says nothing of them. */
export const DEFAULT_EVENT_SCOPES: readonly EventScope[] = Object.freeze(['execution', 'plugin'] as const);

/**
 * Topics and patterns that one document allows. A pattern is a topic in which `*` stands for one segment and `**` for any
 * number of them, also none. What is not listed is denied, and so is a scope that is not named.
 */
export interface EventRules {
  readonly produce: readonly string[];
  readonly consume: readonly string[];
  readonly scopes: readonly EventScope[];
}

/** Who sent an event. Stamped by the host; nothing here comes from the guest. */
export type EventSender =
  | {
      readonly kind: 'plugin';
      readonly pluginId: string;
      readonly executionId: string;
      readonly traceId: string;
    }
  | { readonly kind: 'host' };

/** What a subscriber gets: frozen, and shared by all subscribers. Everything but `payload` is stamped by the host. */
export interface EventEnvelope {
  /** UUIDv7. */
  readonly id: string;
  readonly topic: string;
  readonly scope: EventScope;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly sender: EventSender;
  /** JSON data. */
  readonly payload: unknown;
}

/** An envelope on its way. `channel` is opaque: who listens to it gets what is sent to it. */
export interface EventMessage {
  readonly channel: string;
  readonly envelope: EventEnvelope;
}

/**
 * Carries accepted envelopes between the buses that share it, the sending one included. Keeps the order of what one bus sends to
 * one channel. It decides nothing: rules, limits and stamps are the buses' own, and they check what it hands them.
 */
export interface EventTransport extends AsyncDisposable {
  /** Returns, or resolves, when the message is accepted. The signal ends the wait. */
  send(message: EventMessage, signal: AbortSignal): void | Promise<void>;
  /** Calls `deliver` with each message sent to the channel from now on, until disposed. `deliver` never throws and returns at once. */
  listen(channel: string, deliver: (message: EventMessage) => void): Disposable;
}

/**
 * What happens to an event that a queue has no room for: it is full by number or by bytes. `reject` refuses a publisher of the same bus with
 * `ERR_EVENT_OVERFLOW`; what comes from another bus has been accepted already, and is dropped.
 */
export type EventOverflow = 'drop-oldest' | 'drop-newest' | 'reject';

/** How far an event goes, and whether it is the same as an earlier one. */
export interface EventPublishOptions {
  /** Default `execution`. */
  readonly scope?: EventScope;
  /** An event that this plugin sent with the same key, topic and scope a short while ago is not sent again. At most 128 characters. */
  readonly idempotencyKey?: string;
}

/** That an event was accepted, not that anybody got it. */
export interface EventReceipt {
  readonly id: string;
  /** Whether `id` is that of an earlier event with the same idempotency key, and nothing was sent. */
  readonly duplicate: boolean;
}

/** What a subscriber gets, and what happens where it is too slow. */
export interface EventSubscribeOptions {
  /** Default `execution`. */
  readonly scope?: EventScope;
  /** Events that may wait for this subscriber. Default and maximum are the bus's. */
  readonly queueLimit?: number;
  /** Default `drop-oldest`. Plugins may not use `reject` in the scope `host`. */
  readonly overflow?: EventOverflow;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

/** Which event to wait for, and how long. */
export interface EventWaitOptions {
  /** Default `execution`. */
  readonly scope?: EventScope;
  /** Default: the first event will do. One that throws, or answers with a promise, rejects the wait. */
  readonly predicate?: (event: EventEnvelope) => boolean;
  /** Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Called with one event at a time. Its promise is waited for, no longer than the bus's `listenerTimeoutMs`. */
export type EventListener = (event: EventEnvelope) => unknown;

/** Disposing it ends it at once; what waits is not delivered. Disposing again does nothing. */
export interface EventSubscription extends Disposable {
  /** Events that this subscriber did not get because its queue was full, or that waited when it ended. */
  readonly dropped: number;
  /** Events that wait. */
  readonly waiting: number;
}

/** Events as they come. `return` (so also `break`) ends it; the end of the port ends it after what waits. */
export interface EventStream extends EventSubscription, AsyncIterableIterator<EventEnvelope, undefined> {}

/**
 * One party's hold on a bus, with its own identity and rules. Disposing it refuses what is new, delivers what waits within the
 * bus's deadline, and drops the rest.
 */
export interface EventPort extends AsyncDisposable {
  /**
   * Rejects with `ERR_INVALID_ARGUMENT`, `ERR_EVENT_DENIED`, `ERR_EVENT_TOO_LARGE`, `ERR_EVENT_OVERFLOW`, `ERR_QUOTA_EXCEEDED` or
   * `ERR_IO_FAILED` (the transport). A rejection that nobody handles is reported and ends no process.
   */
  publish(topic: string, payload: unknown, options?: EventPublishOptions): Promise<EventReceipt>;
  /** Throws `ERR_INVALID_ARGUMENT`, `ERR_EVENT_DENIED` (the rules do not cover the pattern), `ERR_QUOTA_EXCEEDED`. */
  subscribe(pattern: string, listener: EventListener, options?: EventSubscribeOptions): EventSubscription;
  /** The same as `subscribe`, pulled. Events are kept from the call on. */
  stream(pattern: string, options?: EventSubscribeOptions): EventStream;
  /** Rejects with `ERR_EVENT_TIMEOUT`, `ERR_ABORTED` (signal, or the port's end), and as `subscribe` throws. Keeps the process alive until it settles. */
  waitFor(pattern: string, options?: EventWaitOptions): Promise<EventEnvelope>;
}

/** Who a port belongs to, and what it may do: what all of `rules` allow. No rules allow nothing. */
export interface EventPortOptions {
  readonly pluginId: string;
  readonly executionId: string;
  readonly traceId: string;
  readonly rules: readonly EventRules[];
  /** Ends the port at once, without delivering what waits. */
  readonly signal?: AbortSignal;
}

/** Whose channels the host's own port reaches besides the scope `host`. */
export interface EventPlace {
  readonly pluginId: string;
  /** Absent: the scopes `plugin` and `host` alone. */
  readonly executionId?: string;
}

/** Hands out ports. Disposing it ends them all. */
export interface EventBus extends AsyncDisposable {
  openPort(options: EventPortOptions): EventPort;
  /** The host's own: no rules, no rate limit, and the only one that publishes `host.**` and `runtime.**`. Never for a guest. */
  openHostPort(place?: EventPlace): EventPort;
}

/** What went wrong on a bus. No payloads, no secrets. */
export type EventReport =
  | { readonly kind: 'refused'; readonly sender: EventSender; readonly topic: string; readonly code: ErrorCode }
  | {
      readonly kind: 'dropped';
      readonly subscriber: EventSender;
      readonly pattern: string;
      readonly reason: 'overflow' | 'closed';
      /** Id of the event. */
      readonly id: string;
      /** All that this subscription has dropped so far. */
      readonly dropped: number;
    }
  | {
      readonly kind: 'listener-failed' | 'listener-timeout';
      readonly subscriber: EventSender;
      readonly pattern: string;
      readonly id: string;
      /** What the listener threw; `undefined` for a timeout. */
      readonly error: unknown;
    }
  | { readonly kind: 'transport-failed'; readonly channel: string; readonly error: unknown };
