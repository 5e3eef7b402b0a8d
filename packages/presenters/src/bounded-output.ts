import type { Writable } from 'node:stream';

/** Bytes that a slow reader may leave behind. */
const MAX_WAITING = 1024 * 1024;

/** Writes to a stream as long as its reader keeps up, and counts what it could not take. A stream that breaks harms nobody. */
export class BoundedOutput implements Disposable {
  readonly stream: Writable;
  readonly #maxWaiting: number;

  constructor(stream: Writable, maxWaiting: number = MAX_WAITING) {
    this.stream = stream;
    this.#maxWaiting = maxWaiting;
    stream.on('error', ignore);
  }

  /** False where the text was not taken. */
  write(text: string): boolean {
    const { stream } = this;
    if (!stream.writable || stream.writableLength > this.#maxWaiting) return false;
    stream.write(text);
    return true;
  }

  [Symbol.dispose](): void {
    // A stream that is breaking has not told of it yet.
    if (!this.stream.destroyed) this.stream.off('error', ignore);
  }
}

function ignore(): void {
  // Whoever owns the stream hears of it as well. To a presenter it means that nobody looks any more.
}
