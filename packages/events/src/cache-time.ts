import type { Clock } from '@kb-labs/contracts';

/** How lru-cache tells the time: by the bus's clock, looked at each time. */
export interface CacheTime {
  readonly ttlResolution: 0;
  readonly perf: { now(): number };
}

/** Lets a cache age by the bus's clock. */
export function cacheTime(clock: Clock): CacheTime {
  // lru-cache 11 takes an entry made at the time 0 for one without a time.
  return { ttlResolution: 0, perf: { now: () => clock.monotonic() + 1 } };
}
