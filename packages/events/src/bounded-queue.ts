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
const FIRST_PLACES = 16;
/** Places that an emptied queue keeps, 2 KiB. */
const KEPT_PLACES = 256;

/** A queue with room for so many, and so much. What a full one does with the next is its policy; `reject` counts on being asked first. */
export class BoundedQueue<Item extends Sized> {
  // One by one: three of them are needed for each item.
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #room: SharedRoom;
  readonly #overflow: EventOverflow;
  /** A ring: moving the rest forward with each item that goes costs more than all else where many wait. */
  #places: (Item | undefined)[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;

  constructor({ limit, maxBytes, room, overflow }: QueueBounds) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
    this.#room = room;
    this.#overflow = overflow;
  }

  get length(): number {
    return this.#length;
  }

  /** Whether it takes so much without letting go of anything, and leaves what others who share the room have been promised. */
  hasRoom(bytes: number, promised: number): boolean {
    if (this.#length === 0) return this.#room.has(bytes, promised) || bytes <= this.#room.share;
    return this.#length < this.#limit && this.#bytes + bytes <= this.#maxBytes && this.#room.has(bytes, promised);
  }

  /** Adds the item where there is room for it. */
  tryPush(item: Item): boolean {
    if (!this.hasRoom(item.bytes, 0)) return false;
    this.#add(item);
    return true;
  }

  /** Adds the item, and returns those that had to go: the oldest, or none but itself where it found no room, also not by that. */
  push(item: Item): readonly Item[] {
    if (this.tryPush(item)) return NONE;
    const wouldFit = this.#room.has(item.bytes, -this.#bytes) || item.bytes <= this.#room.share;
    if (this.#overflow !== 'drop-oldest' || !wouldFit) return [item];
    const gone: Item[] = [];
    for (let oldest = this.shift(); oldest !== undefined; oldest = this.shift()) {
      gone.push(oldest);
      if (this.hasRoom(item.bytes, 0)) break;
    }
    this.#add(item);
    return gone;
  }

  shift(): Item | undefined {
    const item = this.#places[this.#head];
    if (item === undefined) return undefined;
    this.#places[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#places.length - 1);
    this.#length -= 1;
    if (this.#length === 0 && this.#places.length > KEPT_PLACES) this.#places = [];
    this.#count(-item.bytes);
    return item;
  }

  /** Removes and returns all. */
  clear(): readonly Item[] {
    const all: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) all.push(item);
    return all;
  }

  #add(item: Item): void {
    if (this.#length === this.#places.length) this.#grow();
    this.#places[(this.#head + this.#length) & (this.#places.length - 1)] = item;
    this.#length += 1;
    this.#count(item.bytes);
  }

  /** The number of places is a power of two, so that the end of the ring is found without a division. */
  #grow(): void {
    const waiting = [...this.#places.slice(this.#head), ...this.#places.slice(0, this.#head)];
    const places = Math.max(waiting.length * 2, FIRST_PLACES);
    this.#places = Array.from({ length: places }, (_, at) => waiting[at]);
    this.#head = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#room.take(bytes);
  }
}
