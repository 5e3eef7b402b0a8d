/** More comparisons than rules for people need by far, and about 2 ms of a processor. */
const MAX_STEPS = 150_000;

/** Thrown where a question takes more comparisons than one may. Whoever decides says no. */
export class TooDearError extends Error {
  override readonly name = 'TooDearError';

  constructor() {
    super(`more than ${MAX_STEPS} comparisons for one question`);
  }
}

/**
 * What comparing names with globs may cost in one question. Both are written by people who may mean harm, and the dearest glob takes as many steps as it
 * and the path have names, times the length of these.
 */
export class MatchSteps {
  #left: number;

  constructor(most: number = MAX_STEPS) {
    this.#left = most;
  }

  /** Throws a `TooDearError` once more is spent than there is. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooDearError();
  }
}
