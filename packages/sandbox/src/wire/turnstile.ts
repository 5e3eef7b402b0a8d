/** Lets a number of callers in at a time; the others wait in line. */
export interface Turnstile {
  enter(most: number): Promise<void>;
  /** The place of one who leaves goes straight to the next in line. */
  leave(): void;
}

/** Makes one with nobody inside. First come, first served. Who would be one too many in the line is refused with what `refuse` makes. */
export function createTurnstile(maxWaiting: number, refuse: () => Error): Turnstile {
  let waiting: (() => void)[] = [];
  let served = 0;
  let inside = 0;
  // Not `shift`, which moves all that are behind.
  const next = (): (() => void) | undefined => {
    const first = waiting[served];
    served += 1;
    if (served < waiting.length) return first;
    waiting = [];
    served = 0;
    return first;
  };
  return {
    async enter(most) {
      if (inside < most) {
        inside += 1;
        return;
      }
      if (waiting.length - served >= maxWaiting) throw refuse();
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    leave() {
      const first = next();
      if (first === undefined) inside -= 1;
      else first();
    },
  };
}

/** A place with no line: who finds it taken is refused with what `refuse` makes. */
export function createSinglePlace(refuse: () => Error): Turnstile {
  let isTaken = false;
  return {
    async enter() {
      if (isTaken) throw refuse();
      isTaken = true;
    },
    leave() {
      isTaken = false;
    },
  };
}
