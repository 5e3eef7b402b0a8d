import { LRUCache } from 'lru-cache';
import type { BusSettings } from './bus-settings.js';
import { cacheTime } from './cache-time.js';
import { Owner } from './owner.js';

const MAX_RESTING = 1024;

interface Held {
  readonly owner: Owner;
  ports: number;
}

/**
 * One owner for each plugin, however many ports it has. It outlives them for as long as its keys and its rate do, so that a
 * plugin gains nothing by being run again, and a second run sees the keys of the first.
 */
export class Owners {
  readonly #settings: BusSettings;
  readonly #held = new Map<string, Held>();
  readonly #resting: LRUCache<string, Owner>;

  constructor(settings: BusSettings) {
    this.#settings = settings;
    const refillMs = Math.ceil((settings.rateBurst * 60_000) / settings.ratePerMinute);
    this.#resting = new LRUCache({
      max: MAX_RESTING,
      ttl: Math.max(refillMs, settings.idempotencyTtlMs),
      ...cacheTime(settings.clock),
    });
  }

  acquire(pluginId: string): Owner {
    const held = this.#held.get(pluginId);
    if (held !== undefined) {
      held.ports += 1;
      return held.owner;
    }
    const owner = this.#resting.get(pluginId) ?? new Owner(this.#settings, { limited: true });
    this.#resting.delete(pluginId);
    this.#held.set(pluginId, { owner, ports: 1 });
    return owner;
  }

  release(pluginId: string): void {
    const held = this.#held.get(pluginId);
    if (held === undefined) return;
    held.ports -= 1;
    if (held.ports > 0) return;
    this.#held.delete(pluginId);
    this.#resting.set(pluginId, held.owner);
  }
}
