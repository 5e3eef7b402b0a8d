import type { EventOverflow } from '@kb-labs/contracts';
import type { SharedRoom } from './shared-room.js';

export interface Sized {
  readonly bytes: number;
}

/** How much a queue holds. An empty one takes an item of any size that the room it shares with others has. */
export interface QueueBounds {
  readonly limit: number;
  readonly maxBytes: number;
  readonly room: SharedRoom;
  readonly overflow: EventOverflow;
}

const NONE: readonly never[] = Object.freeze([]);

/** A queue with room for so many, and so much. What a full one does with the next is its policy; `reject` counts on being asked first. */
export class BoundedQueue<Item extends Sized> {
  readonly #bounds: QueueBounds;
  readonly #items: Item[] = [];
  #bytes = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Whether it takes so much without letting go of anything, and leaves what others who share the room have been promised. */
  hasRoom(bytes: number, promised = 0): boolean {
    const { limit, maxBytes, room } = this.#bounds;
    if (this.#items.length === 0) return room.has(bytes, promised) || bytes <= room.share;
    return this.#items.length < limit && this.#bytes + bytes <= maxBytes && room.has(bytes, promised);
  }

  /** Adds the item, and returns those that had to go: the oldest, or none but itself where it found no room, also not by that. */
  push(item: Item): readonly Item[] {
    const { overflow, room } = this.#bounds;
    if (this.hasRoom(item.bytes)) return this.#add(item, NONE);
    const wouldFit = room.has(item.bytes, -this.#bytes) || item.bytes <= room.share;
    if (overflow !== 'drop-oldest' || !wouldFit) return [item];
    const gone: Item[] = [];
    for (let oldest = this.shift(); oldest !== undefined; oldest = this.shift()) {
      gone.push(oldest);
      if (this.hasRoom(item.bytes)) break;
    }
    return this.#add(item, gone);
  }

  shift(): Item | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#count(-item.bytes);
    return item;
  }

  /** Removes and returns all. */
  clear(): readonly Item[] {
    this.#count(-this.#bytes);
    return this.#items.splice(0);
  }

  #add(item: Item, gone: readonly Item[]): readonly Item[] {
    this.#items.push(item);
    this.#count(item.bytes);
    return gone;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#bounds.room.take(bytes);
  }
}
