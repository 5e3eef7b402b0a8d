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
  const state: EncodeState = { binary: [], open: new Set(), units: 0, numberKeys: 0, digits: 0, errors: 0 };
  return { json: encodeAny(value, '', state), binary: state.binary };
}

function encodeAny(value: unknown, path: string, state: EncodeState): WireValue {
  switch (typeof value) {
    case 'string':
      return encodeText(value, path, state);
    case 'boolean':
      return value;
    case 'number':
      return encodeNumber(value, path, state);
    case 'undefined':
      return mark(['undefined'], path, state);
    case 'bigint':
      return encodeBigInt(value, path, state);
    case 'object':
      return value === null ? null : encodeObject(value, path, state);
    default:
      throw new UnsendableError(`a ${typeof value}`, path);
  }
}

// Long text travels beside the JSON, where nobody has to scan it for quotes. UTF-8 has no lone surrogates; JSON escapes do.
function encodeText(value: string, path: string, state: EncodeState): WireValue {
  if (value.length < LONG_TEXT || !value.isWellFormed()) return value;
  state.binary.push(encoder.encode(value));
  return mark(['text', state.binary.length - 1], path, state);
}

function encodeNumber(value: number, path: string, state: EncodeState): WireValue {
  if (isFinite(value) && !is(value, -0)) return value;
  return mark(['number', is(value, -0) ? '-0' : String(value)], path, state);
}

function encodeBigInt(value: bigint, path: string, state: EncodeState): WireValue {
  const digits = value.toString();
  if (digits.length > SHORT_BIGINT) state.digits += digits.length;
  if (state.digits > MAX_BIGINT) throw new UnsendableError(`more than ${MAX_BIGINT} digits of bigint`, path, 'size');
  return mark(['bigint', digits], path, state);
}

/** A mark costs two brackets, a colon and a comma; one that holds bytes, a comma more in the list of their sizes. */
function mark(content: readonly WireValue[], path: string, state: EncodeState): WireValue {
  count(5, path, state);
  return { $: content };
}

function encodeObject(value: object, path: string, state: EncodeState): WireValue {
  if (state.open.has(value)) throw new UnsendableError('a cycle', path);
  if (state.open.size >= DEFAULT_WIRE_LIMITS.maxDepth) {
    throw new UnsendableError(`more than ${DEFAULT_WIRE_LIMITS.maxDepth} levels`, path, 'size');
  }
  state.open.add(value);
  const encoded = encodeOpened(value, path, state);
  state.open.delete(value);
  return encoded;
}

function encodeOpened(value: object, path: string, state: EncodeState): WireValue {
  if (Array.isArray(value)) return encodeArray(value, path, state);
  const prototype: unknown = getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return encodePlain(value, path, state);
  const kind = binaryKindOf(value);
  if (kind !== undefined) {
    state.binary.push(kind.bytes);
    count(1, path, state);
    return mark(['bytes', kind.name, state.binary.length - 1], path, state);
  }
  if (value instanceof Date) {
    const time = timeOf(value);
    return mark(['Date', Number.isNaN(time) ? null : time], path, state);
  }
  if (value instanceof Map) return encodeMap(value, path, state);
  if (value instanceof Set) return encodeSet(value, path, state);
  if (value instanceof Error) return encodeError(value, path, state);
  throw new UnsendableError(describeClass(prototype), path);
}

function encodeMap(map: ReadonlyMap<unknown, unknown>, path: string, state: EncodeState): WireValue {
  count(1 + sizeOfMap(map) * 3, path, state);
  const entries = entriesOf(map);
  const keys = entries.map(([key]) => key);
  countKeys(keys, path, state);
  const encoded = entries.map(([key, entry], index) => [
    encodeAny(key, `${path}/${index}/key`, state),
    encodeAny(entry, `${path}/${index}/value`, state),
  ]);
  return mark(['Map', encoded], path, state);
}

function encodeSet(set: ReadonlySet<unknown>, path: string, state: EncodeState): WireValue {
  count(1 + sizeOfSet(set), path, state);
  const members = membersOf(set);
  countKeys(members, path, state);
  const encoded = members.map((member, index) => encodeAny(member, `${path}/${index}`, state));
  return mark(['Set', encoded], path, state);
}

function encodeArray(value: readonly unknown[], path: string, state: EncodeState): WireValue {
  const { length } = value;
  // A proxy may say anything, and something else each time.
  if (!Number.isSafeInteger(length) || length < 0) throw new UnsendableError('a list without a length', path);
  count(1 + length, path, state);
  const encoded: WireValue[] = [];
  for (let index = 0; index < length; index += 1) {
    if (!hasOwn(value, index)) throw new UnsendableError('a hole in an array', `${path}/${index}`);
    encoded.push(encodeAny(value[index], `${path}/${index}`, state));
  }
  return encoded;
}

function encodePlain(value: object, path: string, state: EncodeState): WireValue {
  if (getOwnPropertySymbols(value).length > 0) throw new UnsendableError('a symbol key', path);
  const keys = keysOf(value);
  count(1 + keys.length * 2, path, state);
  if (!keys.every(isPlainName)) return encodeEntries(value, keys, { path, state });
  const encoded: Record<string, WireValue> = {};
  each(keys, (key) => setMember(encoded, key, encodeAny(get(value, key), `${path}/${key}`, state)));
  return hasOwn(encoded, '$') ? mark(['Object', encoded], path, state) : encoded;
}

function each(keys: readonly string[], visit: (key: string) => unknown): void {
  apply(forEach, keys, [visit]);
}

/** Names and values in turn: text that is no name is read as it was written. Costs what an object does, and its mark. */
function encodeEntries(
  value: object,
  keys: readonly string[],
  { path, state }: { readonly path: string; readonly state: EncodeState },
): WireValue {
  const list: WireValue[] = [];
  each(keys, (key) => list.push(key, encodeAny(get(value, key), `${path}/${key}`, state)));
  return mark(['Entries', list], path, state);
}

function encodeError(value: Error, path: string, state: EncodeState): WireValue {
  state.errors += 1;
  if (state.errors > MAX_ERRORS) throw new UnsendableError(`more than ${MAX_ERRORS} errors`, path, 'size');
  const fields: Record<string, WireValue> = { name: String(value.name), message: String(value.message) };
  for (const key of ['code', 'cause', 'errors']) {
    if (!hasOwn(value, key)) continue;
    count(2, path, state);
    fields[key] = encodeAny(get(value, key), `${path}/${key}`, state);
  }
  count(5, path, state);
  return mark(['Error', fields], path, state);
}

function count(more: number, path: string, state: EncodeState): void {
  state.units += more;
  if (state.units > MAX_UNITS) {
    throw new UnsendableError(`more than ${DEFAULT_WIRE_LIMITS.maxElements} elements`, path, 'size');
  }
}

function countKeys(keys: readonly unknown[], path: string, state: EncodeState): void {
  state.numberKeys += countNumberKeys(keys);
  if (state.numberKeys > MAX_NUMBER_KEYS) {
    throw new UnsendableError(`more than ${MAX_NUMBER_KEYS} numbers as keys of Maps or in Sets`, path, 'size');
  }
}

/** What an object of a class is called in a message: `an instance of Point`. */
export function describeClass(prototype: unknown): string {
  const maker: unknown =
    typeof prototype === 'object' && prototype !== null ? get(prototype, 'constructor') : undefined;
  const name: unknown = typeof maker === 'function' ? maker.name : undefined;
  return `an instance of ${typeof name === 'string' && name !== '' ? name.slice(0, 80) : 'a class'}`;
}
