/** How often something comes, with the past fading away. */
export interface ArrivalRate {
  /** One came. `now` is in milliseconds and never goes back. */
  note(now: number): void;
  /** Arrivals a millisecond to be expected. 0 after the very first one: that says nothing yet. */
  perMs(now: number): number;
}

/** Begins with nothing. What came `memoryMs` ago counts about a third. */
export function createArrivalRate(memoryMs: number): ArrivalRate {
  let weight = 0;
  let last = 0;
  const fade = (now: number): number => Math.exp((last - now) / memoryMs);
  return {
    note(now) {
      weight = weight * fade(now) + 1;
      last = now;
    },
    // At an arrival the weight is one more than the rate makes it: the arrival itself.
    perMs: (now) => (Math.max(0, weight - 1) * fade(now)) / memoryMs,
  };
}
