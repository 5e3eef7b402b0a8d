const DELIVERIES = 256;
const LONGEST_MS = 1;

/**
 * Gives the event loop its turn after so many deliveries that took a millisecond, so that listeners that answer each other without end cannot hold
 * it. Publishers wait for the turn as well, or one that never lets go would fill the queues meanwhile.
 */
export class Turn {
  #left = DELIVERIES;
  // The bus's clock may be one that stands still, and the event loop does not go by it.
  #since = performance.now();
  #pause: Promise<void> | undefined;

  /** The turn of the event loop that is being waited for, if one is. */
  get pause(): Promise<void> | undefined {
    return this.#pause;
  }

  /** What to wait for before the next delivery, if anything. */
  next(): Promise<void> | undefined {
    this.#left -= 1;
    return this.#left >= 0 ? undefined : this.#end();
  }

  #end(): Promise<void> | undefined {
    if (this.#pause === undefined && performance.now() - this.#since < LONGEST_MS) {
      this.#left = DELIVERIES;
      return undefined;
    }
    this.#pause ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#left = DELIVERIES;
        this.#since = performance.now();
        this.#pause = undefined;
        resolve();
      });
    });
    return this.#pause;
  }
}
