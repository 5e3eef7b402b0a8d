import { createError } from '@kb-labs/contracts';
import type {
  EventBus,
  EventMessage,
  EventPlace,
  EventPort,
  EventPortOptions,
  EventTransport,
} from '@kb-labs/contracts';
import type { BusParts } from './bus-parts.js';
import { parseConfig } from './bus-settings.js';
import type { BusSettings, EventBusConfig } from './bus-settings.js';
import { assertKeys, checkSignal } from './call-options.js';
import { withDeadline } from './deadline.js';
import { parseMessage } from './envelope.js';
import type { Parcel } from './envelope.js';
import { compileRules, hostRules } from './event-rules.js';
import { assertId, assertPluginId, channelsOf } from './identity.js';
import { createHandOut } from './hand-out.js';
import type { HandOut } from './hand-out.js';
import { IdSource } from './id-source.js';
import { Owner } from './owner.js';
import { Owners } from './owners.js';
import { Port } from './port.js';
import { PortLife } from './port-life.js';
import type { Route } from './routes.js';
import { dispatch, Switchboard } from './switchboard.js';
import { Turn } from './turn.js';

const NOTHING: Disposable = Object.freeze({ [Symbol.dispose]: () => undefined });

/** Makes a bus. Throws `ERR_CONFIG_INVALID` with a pointer. It keeps no process alive. */
export function createEventBus(config: EventBusConfig = {}): EventBus {
  return new TopicBus(parseConfig(config));
}

/** The bus itself. `onEnd` runs once for each port, when nothing of it is left. */
export class TopicBus implements EventBus {
  readonly #settings: BusSettings;
  /** Left out, the bus is alone: what it sends nobody else hears. */
  readonly #transport: EventTransport | undefined;
  readonly #handOut: HandOut;
  readonly #owners: Owners;
  readonly #lives = new Set<PortLife>();
  readonly #parts: BusParts;
  #sending: Parcel | undefined;
  #sendingTo: Route | undefined;
  #ending: Promise<void> | undefined;

  constructor(settings: BusSettings) {
    this.#settings = settings;
    this.#owners = new Owners(settings);
    this.#transport = settings.transport;
    const switchboard = new Switchboard(
      (channel) => this.#transport?.listen(channel, (message) => this.#receive(channel, message)) ?? NOTHING,
    );
    this.#handOut = createHandOut((route, parcel) => dispatch(switchboard.targetsOf(route), parcel));
    const send: BusParts['send'] = (route, parcel, signal) => this.#send(route, parcel, signal);
    this.#parts = { settings, switchboard, turn: new Turn(), ids: new IdSource(), send };
  }

  openPort(options: EventPortOptions, onEnd?: () => void): EventPort {
    assertKeys(options, ['pluginId', 'executionId', 'traceId', 'rules', 'signal']);
    const { pluginId, executionId, traceId, rules, signal } = options;
    assertPluginId(pluginId);
    assertId('executionId', executionId);
    assertId('traceId', traceId);
    const compiled = compileRules(rules);
    this.#assertOpen();
    checkSignal(signal);
    const owner = this.#owners.acquire(pluginId);
    return new Port(this.#parts, {
      sender: Object.freeze({ kind: 'plugin', pluginId, executionId, traceId }),
      channels: channelsOf({ pluginId, executionId }),
      rules: compiled,
      owner,
      life: this.#live(signal, () => {
        this.#owners.release(pluginId);
        onEnd?.();
      }),
    });
  }

  openHostPort(place?: EventPlace, onEnd?: () => void): EventPort {
    if (place !== undefined) {
      assertKeys(place, ['pluginId', 'executionId']);
      assertPluginId(place.pluginId);
      if (place.executionId !== undefined) assertId('executionId', place.executionId);
    }
    this.#assertOpen();
    return new Port(this.#parts, {
      sender: Object.freeze({ kind: 'host' }),
      channels: channelsOf(place),
      rules: hostRules(),
      owner: new Owner(this.#settings, { limited: false }),
      life: this.#live(undefined, () => onEnd?.()),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  #live(signal: AbortSignal | undefined, onEnd: () => void): PortLife {
    const life: PortLife = new PortLife({
      signal,
      onEnd: () => {
        this.#lives.delete(life);
        onEnd();
      },
    });
    this.#lives.add(life);
    life.start();
    return life;
  }

  #send(route: Route, parcel: Parcel, signal: AbortSignal): void | Promise<void> {
    if (this.#transport === undefined) return this.#handOut(route, parcel);
    this.#sending = parcel;
    this.#sendingTo = route;
    try {
      return this.#transport.send({ channel: route.channel, envelope: parcel.envelope }, signal);
    } finally {
      this.#sending = undefined;
      this.#sendingTo = undefined;
    }
  }

  /** Takes its own envelope as it is while it sends it; anything else is read as what it is: data from elsewhere. */
  #receive(channel: string, message: EventMessage): void {
    const { report, maxPayloadBytes } = this.#settings;
    const { switchboard } = this.#parts;
    try {
      const own = this.#sending;
      const route = this.#sendingTo;
      if (own !== undefined && message.envelope === own.envelope && route?.channel === channel) {
        dispatch(switchboard.targetsOf(route), own);
      } else {
        const parcel = parseMessage(message, channel, maxPayloadBytes);
        dispatch(switchboard.find(channel, parcel.envelope.topic), parcel);
      }
    } catch (error) {
      report({ kind: 'transport-failed', channel, error });
    }
  }

  async #end(): Promise<void> {
    const lives = [...this.#lives];
    for (const life of lives) life.refuse();
    await withDeadline(this.#settings.drainMs, async (late) => {
      // A port that has nothing under way must not stop listening before the others' events have come in.
      await Promise.race([Promise.all(lives.map((life) => life.sent())), late]);
      await Promise.all(lives.map((life) => life.end(late)));
    });
  }

  #assertOpen(): void {
    if (this.#ending === undefined) return;
    throw createError('ERR_EVENT_DENIED', 'the bus is disposed', { details: { reason: 'closed' } });
  }
}
