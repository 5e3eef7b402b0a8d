import { createHash } from 'node:crypto';
import * as types from 'node:util/types';
import type { JsonValue } from '@kb-labs/contracts';
import type { Masker } from '@kb-labs/redaction';
import { DigitCount, digitsOf, workOfDigits } from './snapshot-digits.js';
import { SnapshotWork } from './snapshot-work.js';
import { bytesKindOf } from './value-bytes.js';

/** Text of more characters, and more bytes, are a body: told by hash, and kept in a file of its own. */
const INLINE = 4096;
const MAX_DEPTH = 80;
const REDACTED = '[redacted]';
const CUT = { $: 'cut' } as const;

/** Takes a body that is to be kept. */
type KeepBody = (sha256: string, bytes: Uint8Array) => void;

/** How values are written. The same rules write the same value in the same way, which is how a replay compares. */
export interface EncoderOptions {
  readonly masker: Masker;
  /** Larger bodies are told by the hash of what they were; kept ones by that of what is left once they are masked. */
  readonly maxBodyBytes: number;
  readonly keep: KeepBody;
  /** How much is looked at until it is renewed, see `SnapshotWork`. Default: no end of it. */
  readonly maxWork?: number;
}

/**
 * Writes values of the wire as JSON that a person can read. What JSON has stands as it is; all else is an object with `$`: `undefined`,
 * `number`, `bigint`, `date`, `map`, `set`, `error`, `text`, `bytes`, and `object` around one that has a `$` of its own. Secrets are masked.
 */
export class SnapshotEncoder {
  readonly #options: EncoderOptions;
  /** What it may still look at. What is too much is `{ "$": "cut" }`, or `[cut]` where only a text can stand. */
  readonly work: SnapshotWork;
  readonly #open = new Set<object>();
  #digits = new DigitCount();
  masked = 0;

  constructor(options: EncoderOptions) {
    this.#options = options;
    this.work = new SnapshotWork(options.maxWork ?? Number.POSITIVE_INFINITY);
  }

  encode(value: unknown): JsonValue {
    if (!this.work.value()) return CUT;
    if (this.#open.size === 0) this.#digits = new DigitCount();
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return value;
      case 'bigint':
        return this.#bigint(value);
      case 'undefined':
        return { $: 'undefined' };
      case 'object':
        return value === null ? null : this.#object(value);
      default:
        return { $: 'unknown', type: typeof value };
    }
  }

  /** What the host itself wrote down: plain data, of which only the texts may hold what a guest brought in. */
  facts(value: unknown, depth = 0): JsonValue | undefined {
    if (typeof value === 'string') return this.mask(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    if (typeof value !== 'object' || depth > MAX_DEPTH) return undefined;
    if (Array.isArray(value)) return value.map((item: unknown) => this.facts(item, depth + 1) ?? null);
    const entries = Object.keys(value).flatMap((key): [string, JsonValue][] => {
      const fact = this.facts(ownValue(value, key), depth + 1);
      return fact === undefined ? [] : [[this.mask(key), fact]];
    });
    return Object.fromEntries(entries);
  }

  /** A text in which no secret shows. */
  mask(text: string): string {
    if (!this.work.mask(text.length)) return '[cut]';
    const masked = this.#options.masker.maskText(text);
    if (masked !== text) this.masked += 1;
    return masked;
  }

  #text(text: string): JsonValue {
    if (text.length <= INLINE) return this.mask(text);
    if (!this.work.hash(text.length)) return CUT;
    const encoding = text.isWellFormed() ? 'utf8' : 'utf16le';
    const bytes = Buffer.byteLength(text, encoding);
    const fits = bytes <= this.#options.maxBodyBytes;
    const shown = fits ? this.mask(text) : text;
    return this.work.isShort ? CUT : { $: 'text', encoding, ...this.#body(Buffer.from(shown, encoding), bytes) };
  }

  #bytes(type: string, bytes: Uint8Array): JsonValue {
    const fits = bytes.length <= this.#options.maxBodyBytes || bytes.length <= INLINE;
    if (!(fits ? this.work.mask(bytes.length) : this.work.hash(bytes.length))) return CUT;
    // A mask may be longer or shorter, and then the bytes may be none of this kind any more.
    const masked = fits ? this.#options.masker.maskBytes(bytes) : bytes;
    const kind = masked === bytes ? type : 'Uint8Array';
    if (masked !== bytes) this.masked += 1;
    if (bytes.length <= INLINE)
      return {
        $: 'bytes',
        type: kind,
        base64: Buffer.from(masked.buffer, masked.byteOffset, masked.length).toString('base64'),
      };
    return { $: 'bytes', type: kind, ...this.#body(masked, bytes.length) };
  }

  #body(bytes: Uint8Array, length: number): { readonly sha256: string; readonly bytes: number } {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (length <= this.#options.maxBodyBytes) this.#options.keep(sha256, bytes);
    return { sha256, bytes: length };
  }

  #bigint(value: bigint): JsonValue {
    const digits = digitsOf(value);
    if (!this.#digits.add(digits)) return { $: 'unknown', type: 'bigint' };
    if (!this.work.mask(workOfDigits(digits))) return CUT;
    return { $: 'bigint', value: this.mask(String(value)) };
  }

  #number(value: number): JsonValue {
    if (Number.isFinite(value) && !Object.is(value, -0)) {
      return this.#options.masker.isSecretNumber(value) ? this.#hide() : value;
    }
    return { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
  }

  #object(value: object): JsonValue {
    if (types.isProxy(value)) return { $: 'unknown', type: 'Proxy' };
    if (this.#open.has(value) || this.#open.size >= MAX_DEPTH) return { $: 'unknown', type: 'cycle' };
    this.#open.add(value);
    const encoded = this.#opened(value);
    this.#open.delete(value);
    return encoded;
  }

  #opened(value: object): JsonValue {
    if (Array.isArray(value)) return this.#array(value);
    const bytes = bytesKindOf(value);
    if (bytes !== undefined) return this.#bytes(bytes.type, bytes.bytes);
    if (value instanceof Date) {
      const time = value.getTime();
      return { $: 'date', value: Number.isNaN(time) ? null : new Date(time).toISOString() };
    }
    if (value instanceof Map) return { $: 'map', entries: [...value].map((entry) => this.#entry(entry)) };
    if (value instanceof Set) return { $: 'set', values: [...value].map((item) => this.encode(item)) };
    if (types.isNativeError(value)) return { $: 'error', ...this.#error(value) };
    const entries = Object.keys(value).map((key) => [this.mask(key), this.#member(key, ownValue(value, key))]);
    const plain: JsonValue = Object.fromEntries(entries);
    return Object.hasOwn(value, '$') ? { $: 'object', value: plain } : plain;
  }

  #array(array: readonly unknown[]): JsonValue {
    // Headers travel as `['Cookie', 'a=b']`.
    const [name, ...rest] = array;
    if (array.length === 2 && typeof name === 'string') return [this.#text(name), this.#member(name, rest[0])];
    return array.map((item) => this.encode(item));
  }

  #entry([key, value]: readonly [unknown, unknown]): JsonValue {
    return [this.encode(key), typeof key === 'string' ? this.#member(key, value) : this.encode(value)];
  }

  #member(key: string, value: unknown): JsonValue {
    const empty = value === null || value === undefined || value === '' || typeof value === 'boolean';
    if (!empty && this.#options.masker.isSecretKey(key.slice(0, 512))) return this.#hide();
    return this.encode(value);
  }

  #error(error: Error): { readonly [key: string]: JsonValue } {
    const parts = ['code', 'cause', 'errors'].filter((key) => Object.hasOwn(error, key));
    return {
      name: this.mask(String(error.name)),
      message: this.mask(String(error.message)),
      ...Object.fromEntries(parts.map((key) => [key, this.encode(ownValue(error, key))])),
    };
  }

  #hide(): string {
    this.masked += 1;
    return REDACTED;
  }
}

/** No accessor runs: values that travelled have none, and what the host itself handed in may. */
function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
