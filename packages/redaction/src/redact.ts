import { createHash } from 'node:crypto';
import * as types from 'node:util/types';
import type { JsonObject, JsonValue } from '@kb-labs/contracts';
import { bytesOf } from './bytes-of.js';
import { compileMasker } from './masker.js';
import type { CompiledMasker } from './masker.js';
import { errorName, isOfClass, itemsOf } from './object-parts.js';
import { parseRedactOptions } from './redact-options.js';
import type { ParsedRedactOptions, RedactLimits, RedactOptions } from './redact-options.js';
import { REDACTED } from './text-spans.js';

/** A copy that may be kept or sent. */
export interface Redaction {
  /** Plain frozen data. */
  readonly value: JsonValue;
  /** How many texts, keys and values hold a mask in place of a secret. */
  readonly masked: number;
  /** How many entries, texts or values were left out or shortened. Masked ones do not count. */
  readonly cut: number;
  /** Characters of all texts and keys, and 8 for each other value. */
  readonly length: number;
}

/** Redacts by one set of rules, compiled once. */
export type Redactor = (value: unknown) => Redaction;

/** Hashing more would let a hostile value take long. */
const MAX_HASHED = 1_048_576;

/**
 * Compiles the rules: values under secret keys, what looks like a secret, and the given values are masked, in keys as well. What it
 * makes never throws, calls no getter, `toJSON` or proxy trap, and looks at no more than the limits allow. Throws
 * `ERR_CONFIG_INVALID` with a JSON pointer, which begins with `pointer` where the options stand inside others.
 */
export function createRedactor(options: RedactOptions = {}, pointer = ''): Redactor {
  const rules = parseRedactOptions(options, pointer);
  const masker = compileMasker(rules, pointer);
  return (value) => {
    const walk = new Walk(rules, masker);
    return { value: walk.copy(value, 0) ?? null, masked: walk.masked, cut: walk.cut, length: walk.length };
  };
}

/** Makes a copy of one value without secrets, as `createRedactor` does. For many values make a redactor once. */
export function redact(value: unknown, options: RedactOptions = {}): JsonValue {
  return createRedactor(options)(value).value;
}

/** One copy in the making. `undefined` is what leaves no trace, as in JSON. */
class Walk {
  readonly #limits: RedactLimits;
  readonly #bytes: RedactOptions['bytes'];
  readonly #masker: CompiledMasker;
  readonly #above = new Set<object>();
  masked = 0;
  cut = 0;
  length = 0;

  constructor({ limits, bytes }: ParsedRedactOptions, masker: CompiledMasker) {
    this.#limits = limits;
    this.#bytes = bytes;
    this.#masker = masker;
  }

  copy(value: unknown, depth: number): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value, this.#limits.maxTextLength);
      case 'number':
        return this.#number(value);
      case 'bigint':
        // Writing out a huge one would take long.
        return value > -(2n ** 64n) && value < 2n ** 64n ? this.#text(String(value), 32) : this.#mark('[bigint]');
      case 'boolean':
        this.length += 8;
        return value;
      case 'object':
        return value === null ? value : this.#object(value, depth);
      case 'undefined':
        return undefined;
      default:
        // A function or a symbol.
        this.cut += 1;
        return undefined;
    }
  }

  #number(value: number): JsonValue {
    this.length += 8;
    if (this.#masker.isSecretNumber(value)) return this.#hidden();
    return Number.isFinite(value) ? value : String(value);
  }

  #text(text: string, limit: number): string {
    // A secret that begins before the limit and ends behind it must be seen whole to be known.
    const window = text.slice(0, limit + this.#masker.longest);
    const masked = this.#masker.maskText(window);
    if (masked !== window) this.masked += 1;
    const room = Math.max(0, Math.min(limit, this.#limits.maxLength - this.length));
    this.length += Math.min(masked.length, room);
    if (masked.length <= room && window.length === text.length) return masked;
    this.cut += 1;
    return `${masked.slice(0, room).toWellFormed()}…`;
  }

  #object(value: object, depth: number): JsonValue {
    // Nothing can be asked of a proxy without running its code.
    if (types.isProxy(value)) return this.#mark('[proxy]');
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return this.#digest(value);
    if (types.isDate(value)) return this.#date(value);
    if (this.#above.has(value)) return this.#mark('[circular]');
    if (depth >= this.#limits.maxDepth || this.length >= this.#limits.maxLength) return this.#mark('[cut]');
    this.#above.add(value);
    this.length += 8;
    const copy = Array.isArray(value) ? this.#array(value, depth) : this.#collection(value, depth);
    this.#above.delete(value);
    return copy;
  }

  #array(array: readonly unknown[], depth: number): JsonValue {
    const copy: JsonValue[] = [];
    const { maxEntries, maxLength } = this.#limits;
    for (let index = 0; index < array.length; index++) {
      if (index >= maxEntries || this.length >= maxLength) {
        this.cut += array.length - index;
        break;
      }
      const hidden = index === 1 && this.#isSecretPair(array);
      copy.push(hidden ? this.#hidden() : (this.copy(this.#own(array, String(index)), depth + 1) ?? null));
    }
    return Object.freeze(copy);
  }

  #collection(value: object, depth: number): JsonValue {
    const found = itemsOf(value, this.#limits.maxEntries);
    if (found === undefined) return this.#entries(value, depth);
    this.cut += found.size - found.items.length;
    return this.#array(found.items, depth);
  }

  /** Headers travel as `['Cookie', 'a=b']`. */
  #isSecretPair(array: readonly unknown[]): boolean {
    const name: unknown = array.length === 2 ? Object.getOwnPropertyDescriptor(array, '0')?.value : undefined;
    return typeof name === 'string' && this.#masker.isSecretKey(name.slice(0, 512));
  }

  #entries(object: object, depth: number): JsonObject {
    // Members that come in the same order make objects of one shape, which cost a third of what a map and its entries do.
    const copy: Record<string, JsonValue> = {};
    const keys = Object.keys(object);
    if (types.isNativeError(object)) this.#error(object, keys, copy);
    else if (keys.length === 0 && isOfClass(object)) this.cut += 1;
    const { maxEntries, maxKeyLength, maxLength } = this.#limits;
    let index = 0;
    for (const key of keys) {
      if (index >= maxEntries || this.length >= maxLength) {
        this.cut += keys.length - index;
        break;
      }
      index += 1;
      const shown = this.#text(key, maxKeyLength);
      const secret = this.#masker.isSecretKey(key.slice(0, 512));
      const value = secret ? this.#hidden() : this.copy(this.#own(object, key), depth + 1);
      if (value === undefined) continue;
      if (Object.hasOwn(copy, shown)) this.cut += 1;
      else setMember(copy, shown, value);
    }
    return Object.freeze(copy);
  }

  /** What an error says is not enumerable, and its name is mostly that of its class. */
  #error(error: Error, keys: string[], copy: Record<string, JsonValue>): void {
    const name = errorName(error);
    if (name !== undefined && !keys.includes('name')) copy['name'] = this.#text(name, this.#limits.maxKeyLength);
    if (Object.hasOwn(error, 'message') && !keys.includes('message')) keys.unshift('message');
  }

  #own(object: object, key: string): unknown {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor === undefined || 'value' in descriptor) return descriptor?.value;
    this.cut += 1;
    return undefined;
  }

  #date(date: Date): string {
    this.length += 24;
    const time = Date.prototype.getTime.call(date);
    return Number.isNaN(time) ? 'Invalid Date' : new Date(time).toISOString();
  }

  #digest(value: ArrayBufferView | ArrayBufferLike): string {
    const bytes = bytesOf(value);
    const hashed = this.#bytes === 'sha256' && bytes.length <= MAX_HASHED;
    const digest = hashed ? `, sha256 ${createHash('sha256').update(bytes).digest('hex')}` : '';
    return this.#mark(`[${bytes.length} bytes${digest}]`);
  }

  #hidden(): string {
    this.masked += 1;
    this.length += REDACTED.length;
    return REDACTED;
  }

  #mark(mark: string): string {
    this.cut += 1;
    this.length += mark.length;
    return mark;
  }
}

/** `__proto__` is a member like any other, which an assignment would not make of it. */
function setMember(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
