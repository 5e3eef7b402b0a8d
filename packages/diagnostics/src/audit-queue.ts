/** One line that waits, and whose it is. */
interface WaitingLine {
  readonly line: Buffer;
  readonly executionId: string;
}

/** Of one execution, while lines of it wait. */
interface Waiting {
  count: number;
  /** The place of its last one, counted from the first line ever. */
  last: number;
}

/** Lines in the order in which they came. An execution may take half of the room, so that one that floods leaves some to all others. */
export class AuditQueue {
  readonly #maxLines: number;
  readonly #waiting = new Map<string, Waiting>();
  #lines: WaitingLine[] = [];
  #taken = 0;
  #written = 0;

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Lines that are written, since the beginning. */
  get written(): number {
    return this.#written;
  }

  /** Takes a line where there is room for one more of this execution. */
  add(executionId: string, toLine: () => Buffer): boolean {
    const own = this.#waiting.get(executionId) ?? { count: 0, last: 0 };
    if (this.size >= this.#maxLines || own.count >= Math.ceil(this.#maxLines / 2)) return false;
    this.#lines.push({ line: toLine(), executionId });
    this.#taken += 1;
    this.#waiting.set(executionId, { count: own.count + 1, last: this.#taken });
    return true;
  }

  /** How many lines must be written until none of these waits any more: those of one execution, or all that came so far. */
  endOf(executionId: string | undefined): number {
    return executionId === undefined ? this.#taken : (this.#waiting.get(executionId)?.last ?? 0);
  }

  /** The next lines; they stay until they are written. */
  first(count: number): readonly Buffer[] {
    return this.#lines.slice(0, count).map(({ line }) => line);
  }

  /** Takes out so many that are written. */
  advance(count: number): void {
    for (const { executionId } of this.#lines.slice(0, count)) {
      const own = this.#waiting.get(executionId);
      if (own === undefined || own.count === 1) this.#waiting.delete(executionId);
      else own.count -= 1;
    }
    this.#lines = this.#lines.slice(count);
    this.#written += count;
  }
}
