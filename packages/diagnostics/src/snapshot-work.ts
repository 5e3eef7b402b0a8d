/** What a character counts for that is hashed and not masked: a sixteenth of the time (measured: 0.5 ns, and 2 to 40 ns). */
const HASHED = 1 / 16;
/** What a value counts for beside its text. */
const VALUE = 4;
/** What a record counts for beside its values. */
const RECORD = 64;

/**
 * How much may be looked at before it is written. Masking takes time on the host's event loop, and it is the guest that says how much there is to
 * mask: what finds too little left is not looked at.
 */
export class SnapshotWork {
  readonly #size: number;
  #left: number;
  #isShort = false;

  /** Characters and bytes. */
  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Whether something was too much since the beginning of the record: it is not whole. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Whether one more record may be looked at. */
  begin(): boolean {
    this.#isShort = false;
    return this.#spend(RECORD);
  }

  /** Begins anew with as much as at first. */
  renew(): void {
    this.#left = this.#size;
    this.#isShort = false;
  }

  /** Whether one more value may be looked at, whatever is in it. */
  value(): boolean {
    return this.#spend(VALUE);
  }

  /** Whether so much may be masked. */
  mask(length: number): boolean {
    return this.#spend(length);
  }

  /** Whether so much may be hashed. */
  hash(length: number): boolean {
    return this.#spend(length * HASHED);
  }

  #spend(amount: number): boolean {
    if (this.#isShort || amount > this.#left) {
      this.#isShort = true;
      return false;
    }
    this.#left -= amount;
    return true;
  }
}
