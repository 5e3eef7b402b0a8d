import { makeBinary } from './binary-kinds.js';
import { createNameTable, setMember } from './escaped-names.js';
import { MAX_BIGINT, MAX_ERRORS, SHORT_BIGINT } from './limits.js';
import { countNumberKeys, MAX_NUMBER_KEYS } from './number-keys.js';
import type { EncodedValue, WireValue } from './wire-value.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BIGINT = /^(?:0|-?[1-9]\d*)$/;

/** What one message is made of, and has been made of it. */
interface Parts {
  readonly binary: (Uint8Array | undefined)[];
  /** Whether nobody else has the memory of the parts. */
  readonly areOwn: boolean;
  numberKeys: number;
  longDigits: number;
  errors: number;
}

/** Turns it back. Throws `TypeError` for a mark that `encodeValue` does not make. Own `__proto__` keys stay data. */
export function decodeValue({ json, binary }: EncodedValue): unknown {
  return decodeAny(json, { binary: [...binary], areOwn: false, numberKeys: 0, longDigits: 0, errors: 0 });
}

/** The same for what a frame decoder has made: its binary parts are nobody else's, and become the value's. */
export function decodeMessage({ json, binary }: EncodedValue): unknown {
  return decodeAny(json, { binary: binary.slice(), areOwn: true, numberKeys: 0, longDigits: 0, errors: 0 });
}

/** Each part can be taken once: a thousand marks for one would make a thousand copies of it. */
function takePart({ binary }: Parts, index: WireValue | undefined): Uint8Array {
  const part = typeof index === 'number' ? binary[index] : undefined;
  if (typeof index !== 'number' || part === undefined) throw new TypeError('a part that is not there, or was taken');
  binary[index] = undefined;
  return part;
}

/** Called before a Map or Set is built, which takes time in the square of the keys that collide. */
function spendKeys(parts: Parts, keys: readonly unknown[]): void {
  parts.numberKeys += countNumberKeys(keys);
  if (parts.numberKeys > MAX_NUMBER_KEYS) throw new TypeError(`more than ${MAX_NUMBER_KEYS} numbers as keys`);
}

function spendDigits(parts: Parts, digits: number): void {
  if (digits > SHORT_BIGINT) parts.longDigits += digits;
  if (parts.longDigits > MAX_BIGINT) throw new TypeError(`more than ${MAX_BIGINT} digits of bigint`);
}

function spendError(parts: Parts): void {
  parts.errors += 1;
  if (parts.errors > MAX_ERRORS) throw new TypeError(`more than ${MAX_ERRORS} errors`);
}

function decodeAny(value: WireValue, parts: Parts): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('a number out of range');
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((entry) => decodeAny(entry, parts));
  const mark = Object.hasOwn(value, '$') ? value['$'] : undefined;
  if (mark === undefined) return decodePlain(value, parts);
  if (!isArray(mark) || typeof mark[0] !== 'string' || Object.keys(value).length !== 1)
    throw new TypeError('malformed mark');
  return decodeMark(mark[0], mark, parts);
}

function decodePlain(value: { readonly [key: string]: WireValue }, parts: Parts): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setMember(decoded, key, decodeAny(value[key] ?? null, parts));
  return decoded;
}

function decodeEntries(list: readonly WireValue[], parts: Parts): Record<string, unknown> {
  const decoded = createNameTable();
  if (list.length % 2 !== 0) throw new TypeError('a name without a value');
  for (let index = 0; index < list.length; index += 2) {
    const name = textOf(list[index]);
    if (Object.hasOwn(decoded, name)) throw new TypeError('a name that stands twice');
    setMember(decoded, name, decodeAny(list[index + 1] ?? null, parts));
  }
  return decoded;
}

function decodeMark(kind: string, mark: readonly WireValue[], parts: Parts): unknown {
  const content = mark[1];
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      return decodeNumber(content);
    case 'bigint':
      return decodeBigInt(content, parts);
    case 'Date':
      if (content !== null && typeof content !== 'number') throw new TypeError('malformed Date');
      return new Date(content ?? Number.NaN);
    case 'Map':
      return decodeMap(arrayOf(content), parts);
    case 'Set':
      return decodeSet(arrayOf(content), parts);
    case 'Error':
      return decodeError(objectOf(content), parts);
    case 'Object':
      return decodePlain(objectOf(content), parts);
    case 'Entries':
      return decodeEntries(arrayOf(content), parts);
    case 'text':
      return decoder.decode(takePart(parts, content));
    case 'bytes':
      return makeBinary(content, takePart(parts, mark[2]), parts.areOwn);
    default:
      throw new TypeError('unknown mark');
  }
}

function decodeBigInt(content: WireValue | undefined, parts: Parts): bigint {
  const digits = textOf(content);
  spendDigits(parts, digits.length);
  if (!BIGINT.test(digits)) throw new TypeError('malformed bigint');
  return BigInt(digits);
}

function decodeMap(list: readonly WireValue[], parts: Parts): Map<unknown, unknown> {
  const entries = list.map((entry) => pairOf(entry, parts));
  spendKeys(
    parts,
    entries.map(([key]) => key),
  );
  return new Map(entries);
}

function decodeSet(list: readonly WireValue[], parts: Parts): Set<unknown> {
  const entries = list.map((entry) => decodeAny(entry, parts));
  spendKeys(parts, entries);
  return new Set(entries);
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

function decodeError(fields: { readonly [key: string]: WireValue }, parts: Parts): Error {
  spendError(parts);
  const error = makeError(textOf(fields['message']));
  const define = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
  };
  define('name', textOf(fields['name']));
  define('stack', `${error.name}: ${error.message}`);
  for (const key of ['code', 'cause', 'errors']) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field !== undefined) define(key, decodeAny(field, parts));
  }
  return error;
}

/** An error without a stack: it would tell of this function, and take most of the time that an error takes. */
function makeError(message: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new Error(message);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
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

function pairOf(value: WireValue, parts: Parts): [unknown, unknown] {
  const pair = arrayOf(value);
  if (pair.length !== 2) throw new TypeError('malformed entry');
  return [decodeAny(pair[0] ?? null, parts), decodeAny(pair[1] ?? null, parts)];
}

function textOf(value: WireValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('malformed text');
  return value;
}
