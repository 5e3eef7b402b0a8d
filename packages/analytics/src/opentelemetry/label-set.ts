/** What stands for all values beyond the bound. */
const OTHER = '_OTHER';

/** Lets the first values through and calls all others the same, so that no series grows without end. */
export class LabelSet {
  readonly #max: number;
  readonly #values = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  label(value: string): string {
    if (this.#values.has(value)) return value;
    if (this.#values.size >= this.#max) return OTHER;
    this.#values.add(value);
    return value;
  }
}
