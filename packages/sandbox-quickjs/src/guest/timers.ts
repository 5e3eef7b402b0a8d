/** Timers that wait at a time. */
const MAX_TIMERS = 10_000;
/** What a timer takes at most, as elsewhere: beyond it, the time is 1 ms. */
const MAX_DELAY_MS = 2_147_483_647;

interface Timer {
  readonly handle: Timeout;
  readonly due: number;
  readonly every: number | undefined;
  readonly ring: () => unknown;
}

/** What a timer is known by. `unref` says that nobody waits for it, as in Node; it rings all the same. */
class Timeout {
  #isRef = true;

  ref(): this {
    this.#isRef = true;
    return this;
  }

  unref(): this {
    this.#isRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isRef;
  }
}

/** The timers of a guest. They are kept here; all that the surroundings do is to call `ringNext` when it is time. */
export interface Timers {
  readonly globals: Readonly<Record<string, unknown>>;
  /** Milliseconds until the next one is due, or `undefined`. */
  delay(): number | undefined;
  /** Rings the first one, if it is due. Throws what it throws. */
  ringNext(): void;
  /** How many somebody waits for. */
  count(): number;
}

/** Makes them. `now` is a clock that never goes back. */
export function createTimers(now: () => number): Timers {
  // In the order of their times.
  const waiting: Timer[] = [];

  const insert = (timer: Timer): void => {
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((waiting[middle]?.due ?? 0) <= timer.due) low = middle + 1;
      else high = middle;
    }
    waiting.splice(low, 0, timer);
  };
  const arm = (callback: unknown, delay: unknown, args: readonly unknown[], repeats: boolean): Timeout => {
    if (typeof callback !== 'function') throw new TypeError('a timer takes a function');
    if (waiting.length >= MAX_TIMERS) throw new RangeError(`more than ${MAX_TIMERS} timers at a time`);
    const asked = Number(delay);
    const ms = asked >= 1 && asked <= MAX_DELAY_MS ? Math.trunc(asked) : 1;
    const handle = new Timeout();
    const ring = (): unknown => Reflect.apply(callback, undefined, args);
    insert({ handle, due: now() + ms, every: repeats ? ms : undefined, ring });
    return handle;
  };
  const clear = (handle: unknown): void => {
    const index = waiting.findIndex((timer) => timer.handle === handle);
    if (index >= 0) waiting.splice(index, 1);
  };

  return {
    globals: {
      setTimeout: (callback: unknown, delay?: unknown, ...args: unknown[]) => arm(callback, delay, args, false),
      setInterval: (callback: unknown, delay?: unknown, ...args: unknown[]) => arm(callback, delay, args, true),
      clearTimeout: clear,
      clearInterval: clear,
    },
    delay: () => (waiting[0] === undefined ? undefined : Math.max(0, waiting[0].due - now())),
    ringNext() {
      const [first] = waiting;
      if (first === undefined || first.due > now()) return;
      waiting.shift();
      if (first.every !== undefined) insert({ ...first, due: now() + first.every });
      first.ring();
    },
    count: () => waiting.filter(({ handle }) => handle.hasRef()).length,
  };
}
