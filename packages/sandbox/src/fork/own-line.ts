import type { AbortLine } from '@kb-labs/contracts';

/** An end that its maker brings about: an `AbortController` without the price of its signal. */
export interface OwnLine extends AbortLine {
  /** The first reason counts. */
  abort(reason: unknown): void;
}

/** Makes one that has not ended. */
export function createOwnLine(): OwnLine {
  return new Line();
}

class Line implements OwnLine {
  readonly #listeners = new Set<() => void>();
  #ended: { readonly reason: unknown } | undefined;

  get aborted(): boolean {
    return this.#ended !== undefined;
  }

  get reason(): unknown {
    return this.#ended?.reason;
  }

  onAbort(listener: () => void): () => void {
    if (this.aborted) return () => undefined;
    // One of its own for each, so that the same function may listen twice.
    const heard = (): void => listener();
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.#ended = { reason };
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
