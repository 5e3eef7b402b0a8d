import { createError } from '@kb-labs/contracts';
import type {
  EventEnvelope,
  EventListener,
  EventPort,
  EventPublishOptions,
  EventReceipt,
  EventReport,
  EventStream,
  EventSubscribeOptions,
  EventSubscription,
  EventWaitOptions,
} from '@kb-labs/contracts';
import type { BusParts, PortOptions } from './bus-parts.js';
import { parseSubscribe, parseWait } from './call-options.js';
import type { ParsedSubscribe } from './call-options.js';
import { startDelivery } from './delivery.js';
import { withDeadline } from './deadline.js';
import { eventDenied, invalidArgument, notAPattern, waitAborted } from './event-errors.js';
import { Mailbox } from './mailbox.js';
import { streamMailbox } from './mailbox-stream.js';
import { Publisher } from './publisher.js';
import { Routes } from './routes.js';
import { showTopic } from './topic.js';
import { parsePattern } from './topic-pattern.js';
import type { TopicPattern } from './topic-pattern.js';
import { waitForEvent } from './wait-for-event.js';

/** One party's hold on a bus. Identity, rules and limits are its own from the start and never change. */
export class Port implements EventPort {
  readonly #bus: BusParts;
  readonly #options: PortOptions;
  readonly #routes: Routes;
  readonly #publisher: Publisher;

  constructor(bus: BusParts, options: PortOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#routes = new Routes(options);
    this.#publisher = new Publisher(bus, options, this.#routes);
  }

  publish(topic: string, payload: unknown, options?: EventPublishOptions): Promise<EventReceipt> {
    return this.#publisher.publish(topic, payload, options);
  }

  subscribe(pattern: string, listener: EventListener, options?: EventSubscribeOptions): EventSubscription {
    if (typeof listener !== 'function') throw invalidArgument('the listener is not a function');
    const parsed = parseSubscribe(options, this.#bus.settings.queueLimit);
    const mailbox = this.#openMailbox(pattern, parsed, this.#bus.settings.report);
    const { listenerTimeoutMs } = this.#bus.settings;
    startDelivery(mailbox, { listener, turn: this.#bus.turn, listenerTimeoutMs });
    return Object.freeze({
      get dropped() {
        return mailbox.dropped;
      },
      get waiting() {
        return mailbox.waiting;
      },
      [Symbol.dispose]: () => mailbox.close(),
    });
  }

  stream(pattern: string, options?: EventSubscribeOptions): EventStream {
    const parsed = parseSubscribe(options, this.#bus.settings.queueLimit);
    return streamMailbox(this.#openMailbox(pattern, parsed, this.#bus.settings.report));
  }

  waitFor(pattern: string, options?: EventWaitOptions): Promise<EventEnvelope> {
    const waiting = this.#wait(pattern, options);
    // A wait that nobody looks at any more must not end the process.
    waiting.catch(() => undefined);
    return waiting;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return withDeadline(this.#bus.settings.drainMs, (late) => this.#options.life.end(late));
  }

  async #wait(pattern: string, options: EventWaitOptions | undefined): Promise<EventEnvelope> {
    const { scope, predicate, timeoutMs, signal } = parseWait(options);
    if (signal?.aborted === true) throw waitAborted(`the wait for ${showTopic(pattern)}`, signal.reason);
    // Without a predicate the first event ends the wait, and none that comes later is missed.
    const queueLimit = predicate === undefined ? 1 : this.#bus.settings.queueLimit;
    const report = (event: EventReport): void => {
      const isLoss = predicate !== undefined && event.kind === 'dropped' && event.reason === 'overflow';
      if (isLoss) this.#bus.settings.report(event);
    };
    const mailbox = this.#openMailbox(pattern, { scope, queueLimit, overflow: 'drop-newest', signal }, report);
    return waitForEvent(mailbox, { predicate, timeoutMs, signal, turn: this.#bus.turn });
  }

  #openMailbox(text: string, options: ParsedSubscribe, report: (report: EventReport) => void): Mailbox {
    const { rules, owner, sender, life } = this.#options;
    life.assertOpen('subscribe');
    const pattern = parsePattern(text);
    if (pattern === undefined) throw notAPattern(text);
    const { scope, queueLimit, overflow, signal } = options;
    rules.assertSubscribe(pattern, scope);
    this.#assertMayReject(pattern, options);
    const channel = this.#routes.channel(scope);
    owner.addSubscription();
    const bounds = { limit: queueLimit, maxBytes: this.#bus.settings.queueBytes, room: owner.room, overflow };
    const mailbox = new Mailbox({ subscriber: sender, channel, pattern, bounds, report });
    mailbox.onClose(() => owner.removeSubscription());
    try {
      this.#bus.switchboard.route(mailbox);
    } catch (error) {
      mailbox.close();
      throw createError('ERR_IO_FAILED', 'the transport does not listen', { cause: error });
    }
    life.hold(mailbox, signal);
    return mailbox;
  }

  // One plugin that does not read would otherwise refuse the events of all others.
  #assertMayReject(pattern: TopicPattern, { scope, overflow }: ParsedSubscribe): void {
    if (overflow !== 'reject' || scope !== 'host' || this.#options.sender.kind === 'host') return;
    throw eventDenied({ action: 'subscribe', topic: pattern.text, scope, reason: 'may-not-reject' });
  }
}
