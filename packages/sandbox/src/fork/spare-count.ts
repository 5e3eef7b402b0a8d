/** What says how many spare children a plugin should have. */
export interface SpareDemand {
  readonly atLeast: number;
  readonly atMost: number;
  /** Arrivals a millisecond, on average. */
  readonly perMs: number;
  /** How long it takes until another one can be had. */
  readonly startMs: number;
}

/** One arrival in so many may find none. */
const ONE_IN = 100;
/** And no more than one in so long: of runs that come fast, the slowest of a hundred is then none that has to wait. */
const ONE_WITHIN_MS = 60_000;

/**
 * The fewest spares that leave one in a hundred random arrivals without, and no more than one a minute, while each that is taken is being replaced:
 * those that are being replaced at any moment are as many as arrive while one starts (Poisson).
 */
export function countSpares({ atLeast, atMost, perMs, startMs }: SpareDemand): number {
  const arrivalsPerStart = perMs * startMs;
  const oneIn = Math.max(ONE_IN, perMs * ONE_WITHIN_MS);
  let probability = Math.exp(-arrivalsPerStart);
  let missed = 1 - probability;
  let spares = 1;
  while (missed > 1 / oneIn && spares < atMost) {
    probability *= arrivalsPerStart / spares;
    missed -= probability;
    spares += 1;
  }
  return Math.min(atMost, Math.max(atLeast, spares));
}
