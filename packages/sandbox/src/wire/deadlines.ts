/** One time that is kept. */
export interface Deadline {
  /** When it was armed, by `performance.now()`. */
  readonly since: number;
  /** It will not ring; once it has rung, this does nothing. */
  clear(): void;
}

/** Keeps the times of many runs with one timer of Node's. */
export interface Deadlines {
  /** Calls back once after `ms`, no later than a timer of its own would. Holds the process until then, or until it is cleared. */
  /** `since` is now, by `performance.now()`, for whoever has just looked. */
  arm(ms: number, ring: () => void, since?: number): Deadline;
}

/** The longest delay of a Node timer; a longer one fires after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Makes the keeper. Most runs are over before anything could ring, many in the turn of the event loop that they began in. So what is armed in one turn
 * is only looked at when the turn ends, and what has been cleared by then has cost no timer.
 */
export function createDeadlines(): Deadlines {
  return new SharedTimer();
}

class Entry implements Deadline {
  readonly ms: number;
  readonly ring: () => void;
  // Not the start of the turn: a turn of nothing but promises may be a long one.
  readonly since: number;
  readonly #owner: SharedTimer;
  /** By `performance.now()`; `undefined` in the turn in which it was armed. */
  due: number | undefined;
  isCleared = false;
  previous: Entry = this;
  next: Entry = this;

  constructor(owner: SharedTimer, ms: number, work: { readonly ring: () => void; readonly since: number }) {
    this.#owner = owner;
    this.ms = ms;
    this.ring = work.ring;
    this.since = work.since;
  }

  clear(): void {
    this.isCleared = true;
    if (this.next === this) return;
    unlink(this);
    this.#owner.cleared(this);
  }
}

class SharedTimer implements Deadlines {
  /** Those of this turn: a ring with a place of its own in it. */
  readonly #fresh = this.#createRing();
  /** Those that the timer is for, by their milliseconds. In one ring the first is due first. */
  readonly #rings = new Map<number, Entry>();
  #kept = 0;
  #isTurnKept = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  arm(ms: number, ring: () => void, since: number = performance.now()): Deadline {
    const entry = new Entry(this, ms, { ring, since });
    link(entry, this.#fresh);
    if (!this.#isTurnKept) setImmediate(() => this.#endTurn());
    this.#isTurnKept = true;
    return entry;
  }

  cleared({ due }: Entry): void {
    if (due !== undefined) this.#kept -= 1;
    // Where nothing is left to keep, the timer holds nobody.
    if (this.#kept === 0) this.#timer?.unref();
  }

  #createRing(): Entry {
    return new Entry(this, 0, { ring: () => undefined, since: 0 });
  }

  #endTurn(): void {
    this.#isTurnKept = false;
    let first = Number.POSITIVE_INFINITY;
    for (let entry = this.#fresh.next; entry !== this.#fresh; entry = this.#fresh.next) {
      const due = entry.since + entry.ms;
      const ring = this.#rings.get(entry.ms) ?? this.#createRing();
      this.#rings.set(entry.ms, ring);
      unlink(entry);
      link(entry, ring);
      entry.due = due;
      this.#kept += 1;
      first = Math.min(first, due);
    }
    if (this.#kept > 0) this.#wind(first);
  }

  /** Sees to it that the timer is there for the one that is due first. */
  #wind(first: number): void {
    if (this.#timer !== undefined && this.#timerDue <= first) {
      this.#timer.ref();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerDue = first;
    const delay = Math.min(Math.max(1, Math.ceil(first - performance.now())), MAX_DELAY);
    this.#timer = setTimeout(() => this.#ring(), delay);
  }

  #ring(): void {
    this.#timer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
    // Timers of Node count in whole milliseconds.
    const now = performance.now() + 1;
    const late: Entry[] = [];
    let first = Number.POSITIVE_INFINITY;
    for (const [ms, ring] of this.#rings) {
      for (let entry = ring.next; (entry.due ?? now + 1) <= now; entry = ring.next) {
        unlink(entry);
        late.push(entry);
      }
      if (ring.next === ring) this.#rings.delete(ms);
      else first = Math.min(first, ring.next.due ?? first);
    }
    this.#kept -= late.length;
    if (this.#kept > 0) this.#wind(first);
    // One that rings may clear one that is due as well.
    for (const entry of late.sort((one, other) => (one.due ?? 0) - (other.due ?? 0)))
      if (!entry.isCleared) entry.ring();
  }
}

/** Puts it behind the last of a ring. */
function link(entry: Entry, place: Entry): void {
  entry.previous = place.previous;
  entry.next = place;
  place.previous.next = entry;
  place.previous = entry;
}

function unlink(entry: Entry): void {
  entry.previous.next = entry.next;
  entry.next.previous = entry.previous;
  entry.previous = entry;
  entry.next = entry;
}
