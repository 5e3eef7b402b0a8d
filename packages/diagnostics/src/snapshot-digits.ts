import type { JsonValue } from '@kb-labs/contracts';

/** Of all long bigints in one value, more than a message of the wire has: to parse one takes time in the square of its length. */
const MAX_DIGITS = 100_000;
/** Digits up to which one is not long. */
const SHORT = 128;
/** Digits that are written out as fast as they are masked. */
const AS_FAST = 4096;

/** Counts the digits of a value's bigints, while they are parsed or before. */
export class DigitCount {
  #left = MAX_DIGITS;

  /** Whether one more of this length may be parsed. */
  add(length: number): boolean {
    if (length > SHORT) this.#left -= length;
    return this.#left >= 0;
  }
}

/** About as many as it has, or some more; told in time linear in them. */
export function digitsOf(value: bigint): number {
  return Math.ceil(value.toString(32).length * 1.6);
}

/** How many characters take as long to mask as so many digits take to be written out. */
export function workOfDigits(digits: number): number {
  return (digits * digits) / AS_FAST;
}

/** Whether an encoded value has more digits of bigint than may be parsed. It must be no deeper than a snapshot may be. */
export function hasTooManyDigits(value: JsonValue): boolean {
  const digits = new DigitCount();
  const fits = (inner: JsonValue): boolean => {
    if (typeof inner !== 'object' || inner === null) return true;
    if ('$' in inner && inner['$'] === 'bigint' && typeof inner['value'] === 'string') {
      return digits.add(inner['value'].length);
    }
    // Around plain data that has a `$` of its own.
    const members = '$' in inner && inner['$'] === 'object' ? inner['value'] : inner;
    return Object.values(members ?? {}).every(fits);
  };
  return !fits(value);
}
