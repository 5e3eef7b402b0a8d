import { types } from 'node:util';
import type { JsonObject, JsonValue } from '@kb-labs/contracts';
import { compileKnownSecrets } from './known-secrets.js';
import type { KnownSecrets } from './known-secrets.js';
import { parseRedactOptions } from './redact-options.js';
import type { RedactLimits, RedactOptions } from './redact-options.js';
import { compileSecretKeys } from './secret-keys.js';
import { findSecretShapes } from './secret-shapes.js';
import { maskSpans, REDACTED } from './text-spans.js';

/** A copy that may be sent. */
export interface Redaction {
  /** Plain frozen data. */
  readonly value: JsonValue;
  /** How many entries, texts or values were left out or shortened. Masked ones do not count. */
  readonly cut: number;
  /** Characters of all texts and keys, and 8 for each other value. */
  readonly length: number;
}

/** Redacts by one set of rules, compiled once. */
export type Redactor = (value: unknown) => Redaction;

/** A secret of more characters than this may show in part where a text is cut off inside it. */
const LONGEST_SHAPE = 4096;

/**
 * Compiles the rules: values under secret keys, what looks like a secret, and the given values are masked, in keys as well.
 * What it makes never throws, calls no getter, `toJSON` or proxy trap, and looks at no more than the limits allow.
 */
export function createRedactor(options: RedactOptions = {}): Redactor {
  const { keys, secrets, limits } = parseRedactOptions(options);
  const known = compileKnownSecrets(secrets);
  const isSecretKey = compileSecretKeys(keys);
  return (value) => {
    const walk = new Walk(limits, known, isSecretKey);
    return { value: walk.copy(value, 0) ?? null, cut: walk.cut, length: walk.length };
  };
}

/** Makes a copy of one value without secrets, as `createRedactor` does. For many values make a redactor once. */
export function redact(value: unknown, options: RedactOptions = {}): JsonValue {
  return createRedactor(options)(value).value;
}

/** One copy in the making. `undefined` is what leaves no trace, as in JSON. */
class Walk {
  readonly #limits: RedactLimits;
  readonly #known: KnownSecrets;
  readonly #isSecretKey: (key: string) => boolean;
  readonly #above = new Set<object>();
  cut = 0;
  length = 0;

  constructor(limits: RedactLimits, known: KnownSecrets, isSecretKey: (key: string) => boolean) {
    this.#limits = limits;
    this.#known = known;
    this.#isSecretKey = isSecretKey;
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
    if (this.#known.longest > 0 && this.#known.find(String(value)).length > 0) return REDACTED;
    return Number.isFinite(value) ? value : String(value);
  }

  #text(text: string, limit: number): string {
    // A secret that begins before the limit and ends behind it must be seen whole to be known.
    const window = text.slice(0, limit + Math.max(LONGEST_SHAPE, this.#known.longest));
    const spans = [...findSecretShapes(window), ...this.#known.find(window)];
    const masked = spans.length === 0 ? window : maskSpans(window, spans);
    const room = Math.max(0, Math.min(limit, this.#limits.maxLength - this.length));
    this.length += Math.min(masked.length, room);
    if (masked.length <= room && window.length === text.length) return masked;
    this.cut += 1;
    return `${masked.slice(0, room).toWellFormed()}…`;
  }

  #object(value: object, depth: number): JsonValue {
    // Nothing can be asked of a proxy without running its code.
    if (types.isProxy(value)) return this.#mark('[proxy]');
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return this.#mark('[bytes]');
    if (types.isDate(value)) return this.#date(value);
    if (this.#above.has(value)) return this.#mark('[circular]');
    if (depth >= this.#limits.maxDepth || this.length >= this.#limits.maxLength) return this.#mark('[cut]');
    this.#above.add(value);
    this.length += 8;
    const copy = Array.isArray(value) ? this.#array(value, depth) : this.#entries(value, depth);
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
      copy.push(this.copy(this.#own(array, String(index)), depth + 1) ?? null);
    }
    return Object.freeze(copy);
  }

  #entries(object: object, depth: number): JsonObject {
    const entries = new Map<string, JsonValue>();
    const keys = Object.keys(object);
    // An error's message is its own, but not enumerable.
    if (types.isNativeError(object) && Object.hasOwn(object, 'message')) keys.unshift('message');
    const { maxEntries, maxKeyLength, maxLength } = this.#limits;
    for (const [index, key] of keys.entries()) {
      if (index >= maxEntries || this.length >= maxLength) {
        this.cut += keys.length - index;
        break;
      }
      const shown = this.#text(key, maxKeyLength);
      const value = this.#isSecretKey(key.slice(0, 512)) ? REDACTED : this.copy(this.#own(object, key), depth + 1);
      if (value === undefined) continue;
      if (entries.has(shown)) this.cut += 1;
      else entries.set(shown, value);
    }
    return Object.freeze(Object.fromEntries(entries));
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

  #mark(mark: string): string {
    this.cut += 1;
    this.length += mark.length;
    return mark;
  }
}
