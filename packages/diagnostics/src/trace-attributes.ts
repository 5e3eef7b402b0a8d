import type { Masker } from '@kb-labs/redaction';

const MAX_ATTRIBUTES = 24;
const MAX_KEY = 64;
const MAX_TEXT = 256;
/** More of a text is not looked at: a secret that begins before the cut is masked whole. */
const MAX_LOOKED_AT = 4096;
/** Of all texts of one span: what an error says of itself may be long as often as there are attributes. */
const MAX_LOOKED_AT_IN_ALL = 8192;

/** Attributes that stay within their bounds, whoever decides how many there are and how long. */
export class BoundAttributes {
  readonly #masker: Masker;
  readonly #values: Record<string, string | number | boolean> = Object.create(null);
  #count = 0;
  #left = MAX_LOOKED_AT_IN_ALL;
  #cut = 0;

  constructor(masker: Masker) {
    this.#masker = masker;
  }

  /** How many were left out or shortened. */
  get cut(): number {
    return this.#cut;
  }

  get values(): Readonly<Record<string, string | number | boolean>> {
    return { ...this.#values };
  }

  /** Takes a text, a finite number or a boolean; leaves out `undefined` without counting it, and all else counted. */
  set(key: string, value: unknown): void {
    if (value === undefined) return;
    const known = Object.hasOwn(this.#values, key);
    if (key.length > MAX_KEY || (!known && this.#count >= MAX_ATTRIBUTES)) {
      this.#cut += 1;
      return;
    }
    const kept = this.#masker.isSecretKey(key) ? '[redacted]' : this.#keep(value);
    if (kept === undefined) {
      this.#cut += 1;
      return;
    }
    if (!known) this.#count += 1;
    this.#values[key] = kept;
  }

  /** Takes what fits of an object. None of its getters is run. */
  setAll(prefix: string, object: object): void {
    const keys = Object.keys(object);
    const room = MAX_ATTRIBUTES - this.#count;
    this.#cut += Math.max(0, keys.length - room);
    for (const key of keys.slice(0, room)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      this.set(`${prefix}.${key}`, descriptor !== undefined && 'value' in descriptor ? descriptor.value : null);
    }
  }

  #keep(value: unknown): string | number | boolean | undefined {
    if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
    if (typeof value !== 'string') return undefined;
    const looked = value.slice(0, MAX_LOOKED_AT);
    if (looked.length > this.#left) {
      // Part of it would show part of a secret that no shape fits any more.
      this.#cut += 1;
      return '…';
    }
    this.#left -= looked.length;
    const text = this.#masker.maskText(looked);
    if (text.length <= MAX_TEXT && looked.length === value.length) return text;
    this.#cut += 1;
    return `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…`;
  }
}
