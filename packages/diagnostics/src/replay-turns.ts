/** What came before in the record and has not begun after so many milliseconds of nothing else is not waited for. */
const STALL_MS = 100;

/** Lets calls go in the order in which they were answered: who awaits several sees them come as they came then. */
export class Turns implements Disposable {
  readonly #places: ReadonlyMap<number, number>;
  /** By their place in the order. */
  readonly #waiting = new Map<number, () => void>();
  /** The place whose turn it is. What comes before has gone, or was waited for long enough. */
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #step: NodeJS.Immediate | undefined;

  constructor(order: readonly number[]) {
    this.#places = new Map(order.map((call, place) => [call, place]));
  }

  /** Resolves when all that come before have gone, or do not come. */
  wait(call: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(this.#places.get(call) ?? 0, resolve);
      this.#schedule();
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#step);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#step ??= setImmediate(() => this.#advance());
  }

  /** One at a time, each in a turn of the event loop: the answer of one is on its way before the next one goes. */
  #advance(): void {
    this.#step = undefined;
    if (this.#waiting.size === 0) return;
    const first = this.#first();
    if (first <= this.#next) this.#go(first);
    // Not unreferenced: with a handler in this process there may be nothing else that the process lives for.
    else this.#timer = setTimeout(() => this.#go(this.#first()), STALL_MS);
  }

  #first(): number {
    return Math.min(...this.#waiting.keys());
  }

  #go(place: number): void {
    const release = this.#waiting.get(place);
    this.#waiting.delete(place);
    this.#next = Math.max(this.#next, place + 1);
    release?.();
    this.#schedule();
  }
}
