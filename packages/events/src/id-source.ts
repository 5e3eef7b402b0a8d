import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const ID_BYTES = 16;
const POOLED_IDS = 256;
/** All but the last byte, as text. */
const PREFIX_LENGTH = 34;
/** The latest that 48 bits can tell. */
const MAX_TIME = 2 ** 48 - 1;
const LAST_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes UUIDv7s. They sort by the millisecond; within one, by chance. Up to 256 in a row share all but their last byte, which counts up (RFC 9562,
 * 6.2), so they name events and are no secrets: who knows one may guess the next.
 */
export class IdSource {
  // Asking the system for the randomness of one id, and writing it out, costs more than all else that publishing does.
  readonly #pool = new Uint8Array(ID_BYTES * POOLED_IDS);
  #used = this.#pool.length;
  #time = Number.NaN;
  #prefix = '';
  #last = LAST_BYTES.length;

  /** One that says it was made at this time, in milliseconds since the epoch. */
  next(time: number): string {
    if (time !== this.#time || this.#last === LAST_BYTES.length) this.#begin(time);
    const id = `${this.#prefix}${LAST_BYTES[this.#last]}`;
    this.#last += 1;
    return id;
  }

  /** 65 bits of each row are by chance, so rows of the same millisecond, of this bus or another, differ. */
  #begin(time: number): void {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const random = this.#pool.subarray(this.#used, this.#used + ID_BYTES);
    this.#used += ID_BYTES;
    // A clock that somebody handed in may tell a fraction, or a time before the epoch.
    const msecs = Math.min(Math.max(Math.trunc(time), 0), MAX_TIME);
    this.#prefix = v7({ random, msecs }).slice(0, PREFIX_LENGTH);
    this.#time = time;
    this.#last = 0;
  }
}
