import * as types from 'node:util/types';
import { createError } from '@kb-labs/contracts';
import { invalidArgument } from './event-errors.js';

const MAX_DEPTH = 32;
/** Bytes of memory beside those of the JSON, roughly (measured: from half to two and a half times what it takes, whatever the shape). */
const WEIGHTS = { envelope: 256, container: 64, other: 16 } as const;
/** Text that JSON writes as it is, one byte each. */
const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
/** Up to this length a loop finds that out sooner than the expression does. */
const SHORT_TEXT = 24;

const HINT =
  'an event carries JSON data alone: null, booleans, finite numbers, text, arrays and plain objects; other host calls take a Date ' +
  'or bytes, an event does not: publish date.toISOString(), base64 text, or the URI of an artifact that holds the bytes';

/** A frozen copy of JSON data, and its size. */
export interface PayloadCopy {
  readonly value: unknown;
  /** Of its JSON in UTF-8. */
  readonly bytes: number;
  /** What an event that carries it counts for while it waits: about the bytes of memory. */
  readonly weight: number;
}

/**
 * Copies JSON data without running any code of it, and freezes the copy. Throws `ERR_INVALID_ARGUMENT` for getters, proxies,
 * cycles, class instances and all that JSON would change, `ERR_EVENT_TOO_LARGE` as soon as the limit is passed.
 */
export function copyPayload(payload: unknown, maxBytes: number): PayloadCopy {
  const budget = new Budget(maxBytes);
  const value = copyValue(payload, budget, 0);
  return { value, bytes: budget.used, weight: budget.used + budget.overhead };
}

/** What is left to take. */
class Budget {
  readonly limit: number;
  /** Bytes of JSON so far. */
  used = 0;
  /** What the values take beside their JSON. */
  overhead: number = WEIGHTS.envelope;

  constructor(limit: number) {
    this.limit = limit;
  }

  take(bytes: number): void {
    this.used += bytes;
    if (this.used > this.limit) throw tooLarge(this.limit);
  }

  takeText(text: string): void {
    // No text is shorter as JSON than its length and two quotes, so what cannot fit is never written out.
    this.take(text.length + 2);
    if (!isPlainText(text)) this.take(Buffer.byteLength(JSON.stringify(text)) - text.length - 2);
  }
}

function tooLarge(limit: number): Error {
  return createError('ERR_EVENT_TOO_LARGE', `the payload is larger than ${limit} bytes of JSON`, {
    details: { limit },
    hint: 'publish where the data lies, such as the URI of an artifact, or raise maxPayloadBytes of the bus',
  });
}

function isPlainText(text: string): boolean {
  if (text.length > SHORT_TEXT) return PLAIN_TEXT.test(text);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false;
  }
  return true;
}

function copyValue(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'object' && value !== null) return copyContainer(value, budget, depth);
  budget.overhead += WEIGHTS.other;
  if (typeof value === 'string') {
    budget.takeText(value);
    return value;
  }
  if (typeof value === 'number') return copyNumber(value, budget);
  if (typeof value !== 'boolean' && value !== null) {
    throw refuse(`holds ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`);
  }
  budget.take(value === false ? 5 : 4);
  return value;
}

function copyNumber(value: number, budget: Budget): number {
  if (!Number.isFinite(value)) throw refuse(`holds ${value}`);
  // JSON has no minus zero.
  const written = value === 0 ? 0 : value;
  budget.take(lengthOf(written));
  return written;
}

/** As JSON. Most numbers are whole and not below zero, and need not be written out for that. */
function lengthOf(number: number): number {
  if (number < 0 || !Number.isSafeInteger(number)) return String(number).length;
  let digits = 1;
  for (let bound = 10; bound <= number; bound *= 10) digits += 1;
  return digits;
}

function copyContainer(value: object, budget: Budget, depth: number): unknown {
  budget.overhead += WEIGHTS.container;
  if (types.isProxy(value)) throw refuse('holds a proxy');
  if (depth >= MAX_DEPTH) throw refuse(`is nested deeper than ${MAX_DEPTH} levels, or holds itself`);
  return Array.isArray(value) ? copyArray(value, budget, depth) : copyObject(value, budget, depth);
}

function copyArray(value: readonly unknown[], budget: Budget, depth: number): readonly unknown[] {
  const { length } = value;
  // Brackets, commas and the shortest values, before the keys of a huge array are listed.
  const commas = Math.max(length - 1, 0);
  budget.take(2 + commas + length);
  if (Reflect.ownKeys(value).length !== length + 1) throw refuse('holds an array with holes or named properties');
  const copy: unknown[] = [];
  for (let index = 0; index < length; index += 1) {
    budget.used -= 1;
    copy.push(copyValue(readOwn(value, index), budget, depth + 1));
  }
  return Object.freeze(copy);
}

function copyObject(value: object, budget: Budget, depth: number): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && !isForeignObjectPrototype(prototype)) {
    throw refuse(`holds ${nameInstance(value)}`);
  }
  const copy: Record<string, unknown> = {};
  budget.take(2);
  // Together with the list of symbols this costs half of what `Reflect.ownKeys` does.
  const keys = Object.getOwnPropertyNames(value);
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] ?? '';
    budget.take(at === 0 ? 1 : 2);
    budget.takeText(key);
    const item = copyValue(readOwn(value, key), budget, depth + 1);
    if (key === '__proto__') Object.defineProperty(copy, key, { value: item, enumerable: true });
    else copy[key] = item;
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refuse('holds a symbol for a key');
  return Object.freeze(copy);
}

function readOwn(value: object, key: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  if (descriptor === undefined || !('value' in descriptor)) throw refuse('holds a getter');
  if (descriptor.enumerable !== true) throw refuse('holds a hidden property');
  return descriptor.value;
}

function nameInstance(value: object): string {
  if (types.isDate(value)) return 'a Date';
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return 'bytes';
  if (types.isMap(value) || types.isSet(value)) return types.isMap(value) ? 'a Map' : 'a Set';
  return 'an instance of a class';
}

// Data may come from another realm (a vm context, a test runner), whose Object.prototype is not ours.
function isForeignObjectPrototype(prototype: unknown): boolean {
  if (typeof prototype !== 'object' || prototype === null || types.isProxy(prototype)) return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

function refuse(problem: string): Error {
  return invalidArgument(`the payload ${problem}`, HINT);
}
