/** What says how many spare children a plugin should have. */
export interface SpareDemand {
  readonly atLeast: number;
  readonly atMost: number;
  /** Arrivals while one child starts, on average. */
  readonly arrivalsPerStart: number;
}

/** One arrival in so many may find none. */
const ONE_IN = 100;

/**
 * The fewest spares that leave one in a hundred random arrivals without, while each that is taken is being replaced: those that are
 * being replaced at any moment are as many as arrive while one starts (Poisson).
 */
export function countSpares({ atLeast, atMost, arrivalsPerStart }: SpareDemand): number {
  let probability = Math.exp(-arrivalsPerStart);
  let missed = 1 - probability;
  let spares = 1;
  while (missed > 1 / ONE_IN && spares < atMost) {
    probability *= arrivalsPerStart / spares;
    missed -= probability;
    spares += 1;
  }
  return Math.min(atMost, Math.max(atLeast, spares));
}
