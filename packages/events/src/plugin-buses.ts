import type { EventPort, EventPortOptions, EventTransport } from '@kb-labs/contracts';
import { parseConfig } from './bus-settings.js';
import type { BusSettings, EventBusConfig } from './bus-settings.js';
import { TopicBus } from './event-bus.js';
import { portClosed } from './event-errors.js';
import { assertPluginId } from './identity.js';
import { createMemoryTransport } from './memory-transport.js';

/**
 * A hold on the bus of one plugin. Rules belong to the ports, so nobody gets those of another holder. Disposing it drains and
 * ends the ports that it opened; the last hold to go takes the bus with it.
 */
export interface PluginBus extends AsyncDisposable {
  readonly pluginId: string;
  openPort(options: Omit<EventPortOptions, 'pluginId'>): EventPort;
  /** The host's own, with this plugin's channels, and those of an execution where one is named. Never for a guest. */
  openHostPort(executionId?: string): EventPort;
}

/** One bus for each plugin that somebody holds, all joined by one transport, so that the scope `host` reaches them all. */
export interface PluginBuses extends AsyncDisposable {
  /** Throws `ERR_INVALID_ARGUMENT` for what is not a plugin's id, `ERR_EVENT_DENIED` after the end. */
  acquire(pluginId: string): PluginBus;
}

interface Held {
  readonly bus: TopicBus;
  holds: number;
}

/** Makes a registry of plugin buses with one configuration. Disposing it ends every bus, whoever holds it. */
export function createPluginBuses(config: EventBusConfig = {}): PluginBuses {
  return new Registry(parseConfig(config));
}

class Registry implements PluginBuses {
  readonly #settings: BusSettings;
  readonly #ownTransport: EventTransport | undefined;
  readonly #held = new Map<string, Held>();
  #ending: Promise<void> | undefined;

  constructor(settings: BusSettings) {
    this.#ownTransport = settings.transport === undefined ? createMemoryTransport() : undefined;
    this.#settings = { ...settings, transport: settings.transport ?? this.#ownTransport };
  }

  acquire(pluginId: string): PluginBus {
    assertPluginId(pluginId);
    if (this.#ending !== undefined) throw portClosed('subscribe');
    const held = this.#held.get(pluginId) ?? { bus: new TopicBus(this.#settings), holds: 0 };
    held.holds += 1;
    this.#held.set(pluginId, held);
    return new Hold(pluginId, held.bus, () => this.#release(pluginId, held));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #release(pluginId: string, held: Held): Promise<void> {
    held.holds -= 1;
    if (held.holds > 0) return;
    if (this.#held.get(pluginId) === held) this.#held.delete(pluginId);
    await held.bus[Symbol.asyncDispose]();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ bus }) => bus[Symbol.asyncDispose]()));
    await this.#ownTransport?.[Symbol.asyncDispose]();
  }
}

interface Kept {
  port: EventPort | undefined;
}

class Hold implements PluginBus {
  readonly pluginId: string;
  readonly #bus: TopicBus;
  readonly #release: () => Promise<void>;
  readonly #kept = new Set<Kept>();
  #ending: Promise<void> | undefined;

  constructor(pluginId: string, bus: TopicBus, release: () => Promise<void>) {
    this.pluginId = pluginId;
    this.#bus = bus;
    this.#release = release;
  }

  openPort(options: Omit<EventPortOptions, 'pluginId'>): EventPort {
    const { pluginId } = this;
    return this.#keep((onEnd) => this.#bus.openPort({ ...options, pluginId }, onEnd));
  }

  openHostPort(executionId?: string): EventPort {
    const { pluginId } = this;
    const place = executionId === undefined ? { pluginId } : { pluginId, executionId };
    return this.#keep((onEnd) => this.#bus.openHostPort(place, onEnd));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  #keep(open: (onEnd: () => void) => EventPort): EventPort {
    if (this.#ending !== undefined) throw portClosed('subscribe');
    // Kept before it is opened: where a signal has aborted already, the port ends while it is opened.
    const kept: Kept = { port: undefined };
    this.#kept.add(kept);
    const forget = (): void => void this.#kept.delete(kept);
    try {
      kept.port = open(forget);
      return kept.port;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#kept].map(({ port }) => port?.[Symbol.asyncDispose]()));
    await this.#release();
  }
}
