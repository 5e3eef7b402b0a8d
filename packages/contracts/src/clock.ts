/** Time, so that tests can hold it. Timeouts use `monotonic`; timestamps use `now`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back, whatever happens to the system's clock. */
  monotonic(): number;
}
