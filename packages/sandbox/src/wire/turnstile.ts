/** Lets a number of callers in at a time; the others wait in line. */
export interface Turnstile {
  enter(most: number): Promise<void>;
  /** The place of one who leaves goes straight to the next in line. */
  leave(): void;
}

/** Makes one with nobody inside. First come, first served. */
export function createTurnstile(): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    async enter(most) {
      if (inside < most) inside += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next();
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
