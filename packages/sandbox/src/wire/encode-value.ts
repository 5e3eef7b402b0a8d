import { binaryKindOf } from './binary-kinds.js';
import { isPlainName, setMember } from './escaped-names.js';
import { DEFAULT_WIRE_LIMITS, MAX_BIGINT, MAX_ERRORS, SHORT_BIGINT } from './limits.js';
import { countNumberKeys, MAX_NUMBER_KEYS } from './number-keys.js';
import { entriesOf, membersOf, sizeOfMap, sizeOfSet, timeOf } from './own-contents.js';
import { UnsendableError } from './wire-value.js';
import type { EncodedValue, WireValue } from './wire-value.js';

// Captured before a plugin's code can replace them: a handler that did would send another value than it returned.
const { getOwnPropertySymbols, getPrototypeOf, hasOwn, is, keys: keysOf } = Object;
const { isFinite } = Number;
const { apply, get } = Reflect;
const { forEach } = Array.prototype;

const LONG_TEXT = 16_384;
/** Half of what a decoder takes is a comma, half a colon or a bracket. The message around a value needs some as well. */
const MAX_UNITS = DEFAULT_WIRE_LIMITS.maxElements * 2 - 100;
const encoder = new TextEncoder();

interface EncodeState {
  readonly binary: Uint8Array[];
  readonly open: Set<object>;
  /** The names on the way to what is looked at. Put together when they are told, and not before. */
  readonly path: (string | number)[];
  /** What the decoder's bounds will count: brackets, commas and colons. */
  units: number;
  numberKeys: number;
  digits: number;
  errors: number;
}

/**
 * Turns a value into what a frame can hold. Carries JSON data, `undefined`, `NaN`, infinities, `-0`, BigInt, Date, Map, Set, Error
 * (name, message, code, cause, errors; the stack stays where it was made, for it names paths), ArrayBuffer, DataView and typed arrays.
 * Throws `UnsendableError` for the rest: functions, symbols, class instances, sparse arrays, cycles, shared memory. Identity is not kept:
 * one object in two places arrives as two.
 */
export function encodeValue(value: unknown): EncodedValue {
  return encodeMember(value, []);
}

/** The same for a value that is a part of another: the names on the way to it stand in what is thrown. */
export function encodeMember(value: unknown, path: (string | number)[]): EncodedValue {
  const state: EncodeState = { binary: [], open: new Set(), path, units: 0, numberKeys: 0, digits: 0, errors: 0 };
  return { json: encodeAny(value, state), binary: state.binary };
}

function unsendable(kind: string, { path }: EncodeState, reason: 'kind' | 'size' = 'kind'): UnsendableError {
  return new UnsendableError(kind, path.map((name) => `/${name}`).join(''), reason);
}

/** Encodes what stands there under this name. What throws is not encoded any further, so that the path may stay as it is. */
function encodeAt(name: string | number, value: unknown, state: EncodeState): WireValue {
  state.path.push(name);
  const encoded = encodeAny(value, state);
  state.path.pop();
  return encoded;
}

function encodeAny(value: unknown, state: EncodeState): WireValue {
  switch (typeof value) {
    case 'string':
      return encodeText(value, state);
    case 'boolean':
      return value;
    case 'number':
      return encodeNumber(value, state);
    case 'undefined':
      return mark(['undefined'], state);
    case 'bigint':
      return encodeBigInt(value, state);
    case 'object':
      return value === null ? null : encodeObject(value, state);
    default:
      throw unsendable(`a ${typeof value}`, state);
  }
}

// Long text travels beside the JSON, where nobody has to scan it for quotes. UTF-8 has no lone surrogates; JSON escapes do.
function encodeText(value: string, state: EncodeState): WireValue {
  if (value.length < LONG_TEXT || !value.isWellFormed()) return value;
  state.binary.push(encoder.encode(value));
  return mark(['text', state.binary.length - 1], state);
}

function encodeNumber(value: number, state: EncodeState): WireValue {
  if (isFinite(value) && !is(value, -0)) return value;
  return mark(['number', is(value, -0) ? '-0' : String(value)], state);
}

function encodeBigInt(value: bigint, state: EncodeState): WireValue {
  const digits = value.toString();
  if (digits.length > SHORT_BIGINT) state.digits += digits.length;
  if (state.digits > MAX_BIGINT) throw unsendable(`more than ${MAX_BIGINT} digits of bigint`, state, 'size');
  return mark(['bigint', digits], state);
}

/** A mark costs two brackets, a colon and a comma; one that holds bytes, a comma more in the list of their sizes. */
function mark(content: readonly WireValue[], state: EncodeState): WireValue {
  count(5, state);
  return { $: content };
}

function encodeObject(value: object, state: EncodeState): WireValue {
  if (state.open.has(value)) throw unsendable('a cycle', state);
  if (state.open.size >= DEFAULT_WIRE_LIMITS.maxDepth) {
    throw unsendable(`more than ${DEFAULT_WIRE_LIMITS.maxDepth} levels`, state, 'size');
  }
  state.open.add(value);
  const encoded = encodeOpened(value, state);
  state.open.delete(value);
  return encoded;
}

function encodeOpened(value: object, state: EncodeState): WireValue {
  if (Array.isArray(value)) return encodeArray(value, state);
  const prototype: unknown = getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return encodePlain(value, state);
  const kind = binaryKindOf(value);
  if (kind !== undefined) {
    state.binary.push(kind.bytes);
    count(1, state);
    return mark(['bytes', kind.name, state.binary.length - 1], state);
  }
  if (value instanceof Date) {
    const time = timeOf(value);
    return mark(['Date', Number.isNaN(time) ? null : time], state);
  }
  if (value instanceof Map) return encodeMap(value, state);
  if (value instanceof Set) return encodeSet(value, state);
  if (value instanceof Error) return encodeError(value, state);
  throw unsendable(describeClass(prototype), state);
}

function encodeMap(map: ReadonlyMap<unknown, unknown>, state: EncodeState): WireValue {
  count(1 + sizeOfMap(map) * 3, state);
  const entries = entriesOf(map);
  const keys = entries.map(([key]) => key);
  countKeys(keys, state);
  const encoded = entries.map(([key, entry], index) => {
    state.path.push(index);
    const pair = [encodeAt('key', key, state), encodeAt('value', entry, state)];
    state.path.pop();
    return pair;
  });
  return mark(['Map', encoded], state);
}

function encodeSet(set: ReadonlySet<unknown>, state: EncodeState): WireValue {
  count(1 + sizeOfSet(set), state);
  const members = membersOf(set);
  countKeys(members, state);
  const encoded = members.map((member, index) => encodeAt(index, member, state));
  return mark(['Set', encoded], state);
}

function encodeArray(value: readonly unknown[], state: EncodeState): WireValue {
  const { length } = value;
  // A proxy may say anything, and something else each time.
  if (!Number.isSafeInteger(length) || length < 0) throw unsendable('a list without a length', state);
  count(1 + length, state);
  const encoded: WireValue[] = [];
  for (let index = 0; index < length; index += 1) {
    state.path.push(index);
    if (!hasOwn(value, index)) throw unsendable('a hole in an array', state);
    encoded.push(encodeAny(value[index], state));
    state.path.pop();
  }
  return encoded;
}

function encodePlain(value: object, state: EncodeState): WireValue {
  if (getOwnPropertySymbols(value).length > 0) throw unsendable('a symbol key', state);
  const keys = keysOf(value);
  count(1 + keys.length * 2, state);
  if (!keys.every(isPlainName)) return encodeEntries(value, keys, state);
  const encoded: Record<string, WireValue> = {};
  each(keys, (key) => setMember(encoded, key, encodeAt(key, get(value, key), state)));
  return hasOwn(encoded, '$') ? mark(['Object', encoded], state) : encoded;
}

function each(keys: readonly string[], visit: (key: string) => unknown): void {
  apply(forEach, keys, [visit]);
}

/** Names and values in turn: text that is no name is read as it was written. Costs what an object does, and its mark. */
function encodeEntries(value: object, keys: readonly string[], state: EncodeState): WireValue {
  const list: WireValue[] = [];
  each(keys, (key) => list.push(key, encodeAt(key, get(value, key), state)));
  return mark(['Entries', list], state);
}

function encodeError(value: Error, state: EncodeState): WireValue {
  state.errors += 1;
  if (state.errors > MAX_ERRORS) throw unsendable(`more than ${MAX_ERRORS} errors`, state, 'size');
  const fields: Record<string, WireValue> = { name: String(value.name), message: String(value.message) };
  for (const key of ['code', 'cause', 'errors']) {
    if (!hasOwn(value, key)) continue;
    count(2, state);
    fields[key] = encodeAt(key, get(value, key), state);
  }
  count(5, state);
  return mark(['Error', fields], state);
}

function count(more: number, state: EncodeState): void {
  state.units += more;
  if (state.units > MAX_UNITS) {
    throw unsendable(`more than ${DEFAULT_WIRE_LIMITS.maxElements} elements`, state, 'size');
  }
}

function countKeys(keys: readonly unknown[], state: EncodeState): void {
  state.numberKeys += countNumberKeys(keys);
  if (state.numberKeys > MAX_NUMBER_KEYS) {
    throw unsendable(`more than ${MAX_NUMBER_KEYS} numbers as keys of Maps or in Sets`, state, 'size');
  }
}

/** What an object of a class is called in a message: `an instance of Point`. */
export function describeClass(prototype: unknown): string {
  const maker: unknown =
    typeof prototype === 'object' && prototype !== null ? get(prototype, 'constructor') : undefined;
  const name: unknown = typeof maker === 'function' ? maker.name : undefined;
  return `an instance of ${typeof name === 'string' && name !== '' ? name.slice(0, 80) : 'a class'}`;
}
