const DELIVERIES = 256;

/**
 * Gives the event loop its turn after so many deliveries, so that listeners that answer each other without end cannot hold it.
 * Publishers wait for the turn as well, or one that never lets go would fill the queues meanwhile.
 */
export class Turn {
  #left = DELIVERIES;
  #pause: Promise<void> | undefined;

  /** The turn of the event loop that is being waited for, if one is. */
  get pause(): Promise<void> | undefined {
    return this.#pause;
  }

  /** What to wait for before the next delivery, if anything. */
  next(): Promise<void> | undefined {
    this.#left -= 1;
    if (this.#left >= 0) return undefined;
    this.#pause ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#left = DELIVERIES;
        this.#pause = undefined;
        resolve();
      });
    });
    return this.#pause;
  }
}
