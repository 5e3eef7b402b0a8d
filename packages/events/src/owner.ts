import { LRUCache } from 'lru-cache';
import { createError } from '@kb-labs/contracts';
import type { BusSettings } from './bus-settings.js';
import { cacheTime } from './cache-time.js';
import { SharedRoom } from './shared-room.js';
import { TokenBucket } from './token-bucket.js';

/** What one plugin, over all its ports, or one port of the host has used. */
export class Owner {
  /** For what waits in all its queues. */
  readonly room: SharedRoom;
  readonly #settings: BusSettings;
  readonly #bucket: TokenBucket | undefined;
  #sent: LRUCache<string, string> | undefined;
  #subscriptions = 0;

  constructor(settings: BusSettings, options: { readonly limited: boolean }) {
    this.#settings = settings;
    this.room = new SharedRoom(settings);
    this.#bucket = options.limited
      ? new TokenBucket({
          clock: settings.clock,
          perMinute: settings.ratePerMinute,
          burst: settings.rateBurst,
          steady: settings.isSystemClock,
        })
      : undefined;
  }

  /** Throws `ERR_QUOTA_EXCEEDED` where it publishes too fast. `now` is what the bus's clock tells. */
  charge(now: number): void {
    const retryAfterMs = this.#bucket?.take(now) ?? 0;
    if (retryAfterMs === 0) return;
    const { ratePerMinute, rateBurst } = this.#settings;
    throw createError('ERR_QUOTA_EXCEEDED', `more than ${ratePerMinute} events a minute`, {
      details: { quota: 'eventsPerMinute', limit: ratePerMinute, burst: rateBurst, retryAfterMs },
      hint: 'publish less often, or raise ratePerMinute of the bus',
    });
  }

  /** Throws `ERR_QUOTA_EXCEEDED` where it holds too many; `release` gives one back. */
  addSubscription(): void {
    const { maxSubscriptions } = this.#settings;
    if (this.#subscriptions >= maxSubscriptions) {
      throw createError('ERR_QUOTA_EXCEEDED', `more than ${maxSubscriptions} subscriptions at once`, {
        details: { quota: 'maxSubscriptions', limit: maxSubscriptions },
        hint: 'dispose subscriptions that are done, or raise maxSubscriptions of the bus',
      });
    }
    this.#subscriptions += 1;
  }

  removeSubscription(): void {
    this.#subscriptions -= 1;
  }

  /** The id of the event that was sent with this key, if that is not too long ago. */
  sentBefore(key: string): string | undefined {
    return this.#sent?.get(key);
  }

  remember(key: string, id: string): void {
    const { clock, maxIdempotencyKeys, idempotencyTtlMs } = this.#settings;
    this.#sent ??= new LRUCache({
      max: maxIdempotencyKeys,
      ttl: idempotencyTtlMs,
      ...cacheTime(clock),
    });
    this.#sent.set(key, id);
  }

  forget(key: string): void {
    this.#sent?.delete(key);
  }
}
