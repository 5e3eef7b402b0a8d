const SMALLEST_BLOCK = 4 * 1024;
const LARGEST_BLOCK = 256 * 1024;

/** Bytes that come in pieces of any size, kept in few blocks: a million single bytes take no more memory than a megabyte does. */
export class ChunkList {
  readonly #full: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #bytes = 0;

  /** Copies a piece. */
  add(piece: Uint8Array): void {
    for (let taken = 0; taken < piece.byteLength;) {
      if (this.#used === this.#block.byteLength) this.#open(piece.byteLength - taken);
      const part = piece.subarray(taken, taken + this.#block.byteLength - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.byteLength;
      this.#bytes += part.byteLength;
      taken += part.byteLength;
    }
  }

  /** All bytes in order. Nothing is added after that. */
  blocks(): readonly Buffer[] {
    // Cut to size, so that a small artifact holds no large block.
    const last = Buffer.allocUnsafeSlow(this.#used);
    last.set(this.#block.subarray(0, this.#used));
    return this.#used === 0 ? this.#full : [...this.#full, last];
  }

  #open(wanted: number): void {
    if (this.#used > 0) this.#full.push(this.#block);
    const size = Math.max(wanted, this.#bytes, SMALLEST_BLOCK);
    this.#block = Buffer.allocUnsafeSlow(Math.min(size, LARGEST_BLOCK));
    this.#used = 0;
  }
}
