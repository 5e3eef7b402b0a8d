/** How much a snapshot may still take, and what found no room in it. */
export class SnapshotRoom {
  #left: number;
  cut = 0;

  /** Bytes of the bodies, and characters of all else. */
  constructor(size: number) {
    this.#left = size;
  }

  /** Whether so much has room, which is then taken. What has none is counted. */
  take(length: number): boolean {
    if (length > this.#left) {
      this.cut += 1;
      return false;
    }
    this.#left -= length;
    return true;
  }
}
