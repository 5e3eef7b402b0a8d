/** Counts the executions of one runtime that are under way. */
export class UnderWay {
  // A number and no set of them: the tables that a set has outgrown keep what was in them until V8 collects all that is old.
  #count = 0;
  #ended: (() => void) | undefined;

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#ended?.();
  }

  /** Resolves when the last has ended. For whoever lets no more begin. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => (this.#ended = resolve));
  }
}
