export interface SharedRoomOptions {
  /** Bytes that the queues of one owner may hold together. */
  readonly maxWaitingBytes: number;
  /** Queues that the owner may have. */
  readonly maxSubscriptions: number;
}

/** What all queues of one owner hold together, whoever of them came first. */
export class SharedRoom {
  readonly #limit: number;
  /**
   * What an empty queue may take whatever the others hold, so that one that nobody reads does not silence the rest. All together have that once,
   * so the owner holds less than twice its limit.
   */
  readonly share: number;
  #used = 0;

  constructor({ maxWaitingBytes, maxSubscriptions }: SharedRoomOptions) {
    this.#limit = maxWaitingBytes;
    this.share = Math.floor(maxWaitingBytes / maxSubscriptions);
  }

  /** Whether so much fits, beside what is promised; what would be given back before is promised less than nothing. */
  has(bytes: number, promised: number): boolean {
    return this.#used + promised + bytes <= this.#limit;
  }

  /** Takes room, or with less than nothing gives it back. */
  take(bytes: number): void {
    this.#used += bytes;
  }
}
