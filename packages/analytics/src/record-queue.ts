import type { AnalyticsRecord } from '@kb-labs/contracts';

/** Which record goes where there is no room: the longest waiting, or the one that comes. */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest';

/** How many records may wait, and how long they may be together, in characters. */
export interface QueueLimits {
  readonly maxRecords: number;
  readonly maxLength: number;
  readonly overflow: OverflowPolicy;
}

/** A record and its length. */
export interface QueuedRecord {
  readonly record: AnalyticsRecord;
  readonly length: number;
}

/** Records in their order, never more than the limits allow. What was taken counts until it is released. */
export class RecordQueue {
  readonly #limits: QueueLimits;
  #waiting: QueuedRecord[] = [];
  /** Where the waiting ones begin; what lies before was taken or dropped. */
  #head = 0;
  #taken = 0;
  #takenLength = 0;
  /** Of what waits and what was taken. */
  #length = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Records that wait; those taken are not among them. */
  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** The one that has waited longest. */
  get first(): AnalyticsRecord | undefined {
    return this.#waiting[this.#head]?.record;
  }

  /** The one that came last and waits. */
  get last(): AnalyticsRecord | undefined {
    return this.size === 0 ? undefined : this.#waiting.at(-1)?.record;
  }

  /** Puts a record at the end. Tells how many were lost by it, the new one included. */
  add(queued: QueuedRecord): number {
    const { maxRecords, maxLength, overflow } = this.#limits;
    // Where dropping all that waits would not make room, it is not dropped.
    if (this.#taken >= maxRecords || this.#takenLength + queued.length > maxLength) return 1;
    let lost = 0;
    while (this.size + this.#taken >= maxRecords || this.#length + queued.length > maxLength) {
      if (overflow === 'drop-newest') return 1;
      this.#length -= this.#shift()?.length ?? 0;
      lost += 1;
    }
    this.#waiting.push(queued);
    this.#length += queued.length;
    return lost;
  }

  /** Takes the first ones out. They keep their room until `release` gets them. */
  take(max: number): readonly QueuedRecord[] {
    const batch: QueuedRecord[] = [];
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) {
      batch.push(next);
      if (batch.length === max) break;
    }
    this.#taken += batch.length;
    for (const { length } of batch) this.#takenLength += length;
    return batch;
  }

  /** Gives back the room of what was taken. */
  release(batch: readonly QueuedRecord[]): void {
    this.#taken -= batch.length;
    for (const { length } of batch) {
      this.#takenLength -= length;
      this.#length -= length;
    }
  }

  #shift(): QueuedRecord | undefined {
    const first = this.#waiting[this.#head];
    if (first === undefined) return undefined;
    this.#head += 1;
    // Moving the rest down once in a while costs less than at every step.
    if (this.#head === this.#waiting.length || (this.#head > 64 && this.#head * 2 > this.#waiting.length)) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
