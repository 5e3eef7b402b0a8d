/** Executions that are remembered by name. */
const MAX_EXECUTIONS = 10_000;

/**
 * Which executions have lost lines. Of more than 10 000, those are forgotten that were told of it; where all of them still wait to be told,
 * every execution counts as one that has lost some, from then on.
 */
export class AuditLosses {
  /** With whether somebody was told. */
  readonly #executions = new Map<string, boolean>();
  #beyond = false;
  #lines = 0;

  /** Lines that are lost, since the beginning. */
  get lines(): number {
    return this.#lines;
  }

  add(executionId: string): void {
    this.#lines += 1;
    this.#executions.set(executionId, false);
    if (this.#executions.size > MAX_EXECUTIONS) this.#forget();
  }

  /** Whether lines are lost, of one execution or of any. Whoever asks for one is told. */
  tell(executionId: string | undefined): boolean {
    if (executionId === undefined) return this.#lines > 0;
    const known = this.#executions.has(executionId);
    if (known) this.#executions.set(executionId, true);
    return known || this.#beyond;
  }

  #forget(): void {
    for (const [executionId, told] of this.#executions) if (told) this.#executions.delete(executionId);
    if (this.#executions.size <= MAX_EXECUTIONS) return;
    this.#beyond = true;
    this.#executions.clear();
  }
}
