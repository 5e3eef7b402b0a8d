import type { EventOverflow } from '@kb-labs/contracts';

/** A queue with room for so many. What a full one does with the next is its policy; `reject` counts on being asked first. */
export class BoundedQueue<Item> {
  readonly #limit: number;
  readonly #overflow: EventOverflow;
  readonly #items: Item[] = [];

  constructor(limit: number, overflow: EventOverflow) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  get length(): number {
    return this.#items.length;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#limit;
  }

  /** Adds the item, and returns the one that had to go, if one had to: it may be the same. */
  push(item: Item): Item | undefined {
    if (this.isFull && this.#overflow !== 'drop-oldest') return item;
    const gone = this.isFull ? this.#items.shift() : undefined;
    this.#items.push(item);
    return gone;
  }

  shift(): Item | undefined {
    return this.#items.shift();
  }

  /** Removes and returns all. */
  clear(): readonly Item[] {
    return this.#items.splice(0);
  }
}
