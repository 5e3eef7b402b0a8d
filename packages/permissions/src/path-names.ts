import { asWritten } from './fold-name.js';
import type { FoldName } from './fold-name.js';
import { MatchSteps } from './match-steps.js';

const SLASH = 0x2f;

/**
 * The names of a path below the root, one after the other. Names of a text are taken out of it only as far as somebody asks: most
 * questions are answered by the first two or three.
 */
export class PathNames {
  readonly #taken: string[];
  readonly #text: string;
  /** Where the next name begins in the text; -1 where there is none left. */
  #next: number;
  #steps: MatchSteps | undefined;

  private constructor(taken: string[], text: string, next: number) {
    this.#taken = taken;
    this.#text = text;
    this.#next = next;
  }

  static of(names: readonly string[]): PathNames {
    return new PathNames([...names], '', -1);
  }

  /** From there on the text is names with one `/` between each two, and at least one name. */
  static fromText(text: string, start: number): PathNames {
    return new PathNames([], text, start);
  }

  /** The name at a place, from 0; `undefined` behind the last one. */
  at(index: number): string | undefined {
    while (index >= this.#taken.length) {
      if (this.#next === -1) return undefined;
      this.#takeNext();
    }
    return this.#taken[index];
  }

  /** Whether the name at a place is this one, which is not empty. */
  is(index: number, name: string): boolean {
    if (index !== this.#taken.length || this.#next === -1) return this.at(index) === name;
    const end = this.#next + name.length;
    if (!this.#text.startsWith(name, this.#next)) return false;
    if (end < this.#text.length && this.#text.charCodeAt(end) !== SLASH) return false;
    this.#taken.push(name);
    this.#next = end < this.#text.length ? end + 1 : -1;
    return true;
  }

  /** The last UTF-16 unit of the last name; NaN where there is no name. */
  get lastUnit(): number {
    const text = this.#text === '' ? (this.#taken.at(-1) ?? '') : this.#text;
    return text.charCodeAt(text.length - 1);
  }

  get last(): string | undefined {
    return this.#next === -1 ? this.#taken.at(-1) : this.#text.slice(this.#text.lastIndexOf('/') + 1);
  }

  get all(): readonly string[] {
    while (this.#next !== -1) this.#takeNext();
    return this.#taken;
  }

  /** What is left to be spent on this path, whoever asks about it, and by whichever fold. */
  get steps(): MatchSteps {
    this.#steps ??= new MatchSteps();
    return this.#steps;
  }

  /** The same path as a volume that folds names sees it. */
  fold(fold: FoldName): PathNames {
    if (fold === asWritten) return this;
    const folded = new PathNames(this.all.map(fold), '', -1);
    folded.#steps = this.steps;
    return folded;
  }

  #takeNext(): void {
    const end = this.#text.indexOf('/', this.#next);
    this.#taken.push(end === -1 ? this.#text.slice(this.#next) : this.#text.slice(this.#next, end));
    this.#next = end === -1 ? -1 : end + 1;
  }
}
