import type { Clock } from '@kb-labs/contracts';

export interface TokenBucketOptions {
  readonly clock: Clock;
  readonly perMinute: number;
  /** Tokens that it starts with and never has more of. */
  readonly burst: number;
  /**
   * Whether the clock is the system's, so that where `now` still tells the same millisecond `monotonic` need not be asked: what flows in
   * meanwhile is then counted a millisecond later at most.
   */
  readonly steady: boolean;
}

/** What one token costs: with the rate as credit a millisecond, whole milliseconds leave no rounding. */
const TOKEN = 60_000;

/** Lets so many through a minute, and a burst of them at once. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #credit: number;
  #filledAt: number;
  #seenAt = Number.NaN;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#credit = options.burst * TOKEN;
    this.#filledAt = options.clock.monotonic();
  }

  /** Takes one token and returns 0, or takes none and says in how many milliseconds there will be one. `now` is what the clock's `now` tells. */
  take(now: number): number {
    const { perMinute, steady } = this.#options;
    if (!steady || now !== this.#seenAt || this.#credit < TOKEN) this.#fill();
    this.#seenAt = now;
    if (this.#credit < TOKEN) return Math.ceil((TOKEN - this.#credit) / perMinute);
    this.#credit -= TOKEN;
    return 0;
  }

  #fill(): void {
    const { clock, perMinute, burst } = this.#options;
    const now = clock.monotonic();
    this.#credit = Math.min(burst * TOKEN, this.#credit + (now - this.#filledAt) * perMinute);
    this.#filledAt = now;
  }
}
