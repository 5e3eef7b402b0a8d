import { createError, isPluginError } from '@kb-labs/contracts';
import type { EventEnvelope, EventPublishOptions, EventReceipt } from '@kb-labs/contracts';
import type { BusParts, PortOptions } from './bus-parts.js';
import { parsePublish } from './call-options.js';
import type { Parcel } from './envelope.js';
import { portClosed } from './event-errors.js';
import { copyPayload } from './payload.js';
import type { PayloadCopy } from './payload.js';
import type { Route, Routes } from './routes.js';
import { assertRoom } from './switchboard.js';
import { showTopic } from './topic.js';

/** Publishes what one port is handed: asks its rules and limits, copies, stamps and sends, all before it returns. */
export class Publisher {
  readonly #bus: BusParts;
  readonly #options: PortOptions;
  readonly #routes: Routes;

  constructor(bus: BusParts, options: PortOptions, routes: Routes) {
    this.#bus = bus;
    this.#options = options;
    this.#routes = routes;
  }

  /** As `EventPort.publish`. */
  publish(topic: string, payload: unknown, options: EventPublishOptions | undefined): Promise<EventReceipt> {
    try {
      const accepted = this.#accept(topic, payload, options);
      if (!(accepted instanceof Promise)) return Promise.resolve(accepted);
      accepted.catch((error: unknown) => this.#report(topic, error));
      return accepted;
    } catch (error) {
      const refused = Promise.reject<EventReceipt>(error);
      refused.catch(() => this.#report(topic, error));
      return refused;
    }
  }

  #report(topic: unknown, error: unknown): void {
    const code = isPluginError(error) ? error.code : 'ERR_INTERNAL';
    const { sender } = this.#options;
    this.#bus.settings.report({ kind: 'refused', sender, topic: showTopic(topic), code });
  }

  #accept(
    topic: unknown,
    payload: unknown,
    options: EventPublishOptions | undefined,
  ): EventReceipt | Promise<EventReceipt> {
    const { owner, sender, life } = this.#options;
    const { settings, switchboard, ids } = this.#bus;
    life.assertOpen('publish');
    const { scope, idempotencyKey } = parsePublish(options);
    const route = this.#routes.find(topic, scope);
    const time = settings.clock.now();
    owner.charge(time);
    const key = idempotencyKey === undefined ? undefined : keyOf(route, idempotencyKey);
    const earlier = key === undefined ? undefined : owner.sentBefore(key);
    if (earlier !== undefined) return { id: earlier, duplicate: true };
    const { value, weight: bytes } = this.#checkPayload(route, payload);
    assertRoom(switchboard.targetsOf(route), route.topic, bytes);
    const id = ids.next(time);
    const envelope: EventEnvelope = Object.freeze({ id, topic: route.topic, scope, time, sender, payload: value });
    if (key !== undefined) owner.remember(key, id);
    return this.#send(route, { envelope, bytes }, key);
  }

  /** The promise that a transport may give is waited for, and so is the turn of the event loop that listeners are waiting for. */
  #send(route: Route, parcel: Parcel, key: string | undefined): EventReceipt | Promise<EventReceipt> {
    const { life } = this.#options;
    const { turn, send } = this.#bus;
    const receipt = { id: parcel.envelope.id, duplicate: false };
    let sent: void | Promise<void>;
    try {
      sent = send(route, parcel, life.signal);
    } catch (error) {
      throw this.#failed(route, key, error);
    }
    if (sent === undefined && turn.pause === undefined) return receipt;
    return this.#settle(route, { sent, key, receipt });
  }

  async #settle(route: Route, { sent, key, receipt }: Sending): Promise<EventReceipt> {
    try {
      if (sent !== undefined) await this.#options.life.track(sent);
    } catch (error) {
      throw this.#failed(route, key, error);
    }
    const { turn } = this.#bus;
    if (turn.pause !== undefined) await turn.pause;
    return receipt;
  }

  #failed(route: Route, key: string | undefined, cause: unknown): Error {
    const { owner, life } = this.#options;
    if (key !== undefined) owner.forget(key);
    if (life.signal.aborted) return portClosed('publish');
    return createError('ERR_IO_FAILED', `the transport did not take an event of ${route.topic}`, { cause });
  }

  #checkPayload({ topic, segments }: Route, payload: unknown): PayloadCopy {
    const { schemas, maxPayloadBytes } = this.#bus.settings;
    const copy = copyPayload(payload, maxPayloadBytes);
    const parsed = schemas.parse(topic, segments, copy.value);
    return parsed === copy.value ? copy : copyPayload(parsed, maxPayloadBytes);
  }
}

interface Sending {
  readonly sent: void | Promise<void>;
  readonly key: string | undefined;
  readonly receipt: EventReceipt;
}

function keyOf({ channel, topic }: Route, idempotencyKey: string): string {
  return JSON.stringify([channel, topic, idempotencyKey]);
}
