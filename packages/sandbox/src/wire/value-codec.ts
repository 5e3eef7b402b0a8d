import { binaryKindOf, makeBinary } from './binary-kinds.js';
import { DEFAULT_WIRE_LIMITS } from './limits.js';

/** A value as JSON can hold it. `$` marks what JSON has no word for: `{"$":["Date",0]}`; an own `$` key is escaped. */
export type WireValue = string | number | boolean | null | readonly WireValue[] | { readonly [key: string]: WireValue };

export interface EncodedValue {
  readonly json: WireValue;
  /** The bytes that `json` refers to by index. */
  readonly binary: readonly Uint8Array[];
}

/** Thrown for a value that the wire cannot carry without loss: names the kind and the place. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
  readonly path: string;
  readonly kind: string;

  constructor(kind: string, path: string) {
    super(
      `${kind} at ${path === '' ? 'the top' : path} cannot be sent: return plain data, Date, Map, Set, Error, BigInt or bytes`,
    );
    this.kind = kind;
    this.path = path;
  }
}

const LONG_TEXT = 16_384;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface EncodeState {
  readonly binary: Uint8Array[];
  readonly open: Set<object>;
  elements: number;
}

/**
 * Turns a value into what a frame can hold. Carries JSON data, `undefined`, `NaN`, infinities, `-0`, BigInt, Date, Map, Set, Error
 * (name, message, code, cause, errors; the stack stays where it was made, for it names paths), ArrayBuffer, DataView and typed arrays.
 * Throws `UnsendableError` for the rest: functions, symbols, class instances, sparse arrays, cycles, shared memory. Identity is not kept:
 * one object in two places arrives as two.
 */
export function encodeValue(value: unknown): EncodedValue {
  const state: EncodeState = { binary: [], open: new Set(), elements: 0 };
  return { json: encodeAny(value, '', state), binary: state.binary };
}

function encodeAny(value: unknown, path: string, state: EncodeState): WireValue {
  switch (typeof value) {
    case 'string':
      return encodeText(value, state);
    case 'boolean':
      return value;
    case 'number':
      return encodeNumber(value);
    case 'undefined':
      return { $: ['undefined'] };
    case 'bigint':
      return { $: ['bigint', value.toString()] };
    case 'object':
      return value === null ? null : encodeObject(value, path, state);
    default:
      throw new UnsendableError(`a ${typeof value}`, path);
  }
}

// Long text travels beside the JSON, where nobody has to scan it for quotes. UTF-8 has no lone surrogates; JSON escapes do.
function encodeText(value: string, state: EncodeState): WireValue {
  if (value.length < LONG_TEXT || !value.isWellFormed()) return value;
  state.binary.push(encoder.encode(value));
  return { $: ['text', state.binary.length - 1] };
}

function encodeNumber(value: number): WireValue {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $: ['number', Object.is(value, -0) ? '-0' : String(value)] };
}

function encodeObject(value: object, path: string, state: EncodeState): WireValue {
  if (state.open.has(value)) throw new UnsendableError('a cycle', path);
  if (state.open.size >= DEFAULT_WIRE_LIMITS.maxDepth) {
    throw new UnsendableError(`more than ${DEFAULT_WIRE_LIMITS.maxDepth} levels`, path);
  }
  state.open.add(value);
  const encoded = encodeOpened(value, path, state);
  state.open.delete(value);
  return encoded;
}

function encodeOpened(value: object, path: string, state: EncodeState): WireValue {
  if (Array.isArray(value)) return encodeArray(value, path, state);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return encodePlain(value, path, state);
  const kind = binaryKindOf(value);
  if (kind !== undefined) {
    state.binary.push(kind.bytes);
    return { $: ['bytes', kind.name, state.binary.length - 1] };
  }
  if (value instanceof Date) {
    const time = value.getTime();
    return { $: ['Date', Number.isNaN(time) ? null : time] };
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, entry], index) => [
      encodeAny(key, `${path}/${index}/key`, state),
      encodeAny(entry, `${path}/${index}/value`, state),
    ]);
    count(entries.length * 2, path, state);
    return { $: ['Map', entries] };
  }
  if (value instanceof Set) {
    count(value.size, path, state);
    return { $: ['Set', [...value].map((entry, index) => encodeAny(entry, `${path}/${index}`, state))] };
  }
  if (value instanceof Error) return encodeError(value, path, state);
  throw new UnsendableError(describeClass(prototype), path);
}

function encodeArray(value: readonly unknown[], path: string, state: EncodeState): WireValue {
  count(value.length, path, state);
  const encoded: WireValue[] = [];
  for (let index = 0; index < value.length; index += 1) {
    if (!Object.hasOwn(value, index)) throw new UnsendableError('a hole in an array', `${path}/${index}`);
    encoded.push(encodeAny(value[index], `${path}/${index}`, state));
  }
  return encoded;
}

function encodePlain(value: object, path: string, state: EncodeState): WireValue {
  if (Object.getOwnPropertySymbols(value).length > 0) throw new UnsendableError('a symbol key', path);
  const keys = Object.keys(value);
  count(keys.length, path, state);
  const encoded: Record<string, WireValue> = {};
  for (const key of keys) {
    const member = encodeAny(Reflect.get(value, key), `${path}/${key}`, state);
    if (key === '__proto__') {
      Object.defineProperty(encoded, key, { value: member, enumerable: true, configurable: true, writable: true });
    } else {
      encoded[key] = member;
    }
  }
  return Object.hasOwn(encoded, '$') ? { $: ['Object', encoded] } : encoded;
}

function encodeError(value: Error, path: string, state: EncodeState): WireValue {
  const fields: Record<string, WireValue> = { name: String(value.name), message: String(value.message) };
  for (const key of ['code', 'cause', 'errors']) {
    if (Object.hasOwn(value, key)) fields[key] = encodeAny(Reflect.get(value, key), `${path}/${key}`, state);
  }
  return { $: ['Error', fields] };
}

function count(more: number, path: string, state: EncodeState): void {
  state.elements += more;
  if (state.elements > DEFAULT_WIRE_LIMITS.maxElements) {
    throw new UnsendableError(`more than ${DEFAULT_WIRE_LIMITS.maxElements} elements`, path);
  }
}

function describeClass(prototype: unknown): string {
  const maker: unknown =
    typeof prototype === 'object' && prototype !== null ? Reflect.get(prototype, 'constructor') : undefined;
  const name: unknown = typeof maker === 'function' ? maker.name : undefined;
  return `an instance of ${typeof name === 'string' && name !== '' ? name.slice(0, 80) : 'a class'}`;
}

/** Turns it back. Throws `TypeError` for a mark that `encodeValue` does not make. Own `__proto__` keys stay data. */
export function decodeValue(encoded: EncodedValue): unknown {
  return decodeAny(encoded.json, encoded.binary);
}

function decodeAny(value: WireValue, binary: readonly Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((entry) => decodeAny(entry, binary));
  const mark = Object.hasOwn(value, '$') ? value['$'] : undefined;
  if (mark === undefined) return decodePlain(value, binary);
  if (!isArray(mark) || typeof mark[0] !== 'string' || Object.keys(value).length !== 1)
    throw new TypeError('malformed mark');
  return decodeMark(mark[0], mark, binary);
}

function decodePlain(
  value: { readonly [key: string]: WireValue },
  binary: readonly Uint8Array[],
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const plain = decodeAny(member, binary);
    if (key === '__proto__') {
      Object.defineProperty(decoded, key, { value: plain, enumerable: true, configurable: true, writable: true });
    } else {
      decoded[key] = plain;
    }
  }
  return decoded;
}

function decodeMark(kind: string, mark: readonly WireValue[], binary: readonly Uint8Array[]): unknown {
  const content = mark[1];
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      return decodeNumber(content);
    case 'bigint':
      if (typeof content !== 'string' || content.length > 65_536) throw new TypeError('malformed bigint');
      return BigInt(content);
    case 'Date':
      if (content !== null && typeof content !== 'number') throw new TypeError('malformed Date');
      return new Date(content ?? Number.NaN);
    case 'Map':
      return new Map(arrayOf(content).map((entry) => pairOf(entry, binary)));
    case 'Set':
      return new Set(arrayOf(content).map((entry) => decodeAny(entry, binary)));
    case 'Error':
      return decodeError(objectOf(content), binary);
    case 'Object':
      return decodePlain(objectOf(content), binary);
    case 'text':
      if (typeof content !== 'number') throw new TypeError('malformed text');
      return decoder.decode(binary[content]);
    case 'bytes':
      return makeBinary(content, typeof mark[2] === 'number' ? binary[mark[2]] : undefined);
    default:
      throw new TypeError('unknown mark');
  }
}

function decodeNumber(content: WireValue | undefined): number {
  switch (content) {
    case '-0':
      return -0;
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
      return Number.POSITIVE_INFINITY;
    case '-Infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      throw new TypeError('malformed number');
  }
}

function decodeError(fields: { readonly [key: string]: WireValue }, binary: readonly Uint8Array[]): Error {
  const error = new Error(textOf(fields['message']));
  const define = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
  };
  define('name', textOf(fields['name']));
  define('stack', `${error.name}: ${error.message}`);
  for (const key of ['code', 'cause', 'errors']) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field !== undefined) define(key, decodeAny(field, binary));
  }
  return error;
}

function isArray(value: WireValue | undefined): value is readonly WireValue[] {
  return Array.isArray(value);
}

function arrayOf(value: WireValue | undefined): readonly WireValue[] {
  if (!isArray(value)) throw new TypeError('malformed list');
  return value;
}

function objectOf(value: WireValue | undefined): { readonly [key: string]: WireValue } {
  if (typeof value !== 'object' || value === null || isArray(value)) throw new TypeError('malformed record');
  return value;
}

function pairOf(value: WireValue, binary: readonly Uint8Array[]): [unknown, unknown] {
  const pair = arrayOf(value);
  if (pair.length !== 2) throw new TypeError('malformed entry');
  return [decodeAny(pair[0] ?? null, binary), decodeAny(pair[1] ?? null, binary)];
}

function textOf(value: WireValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('malformed text');
  return value;
}
