import { createError } from '@kb-labs/contracts';
import type { JsonValue, PluginError } from '@kb-labs/contracts';
import { DigitCount } from './snapshot-digits.js';
import { makeBytesKind } from './value-bytes.js';

/** The bodies of one snapshot that are at hand, by SHA-256. */
export type BodySource = (sha256: string) => Uint8Array | undefined;

const MAX_DEPTH = 200;
/** Bytes of bodies in one value: as many as a snapshot may have in all. A short value may name a long body again and again. */
const MAX_BODY_BYTES = 67_108_864;

/**
 * Turns a value of a snapshot back into what it was, but for secrets. Throws `ERR_CONFIG_INVALID` for what no snapshot holds and for a body
 * that is not at hand. Own `__proto__` keys stay data.
 */
export function decodeSnapshotValue(value: JsonValue, bodies: BodySource = () => undefined): unknown {
  let room = MAX_BODY_BYTES;
  const body: BodySource = (sha256) => {
    const found = bodies(sha256);
    room -= found?.length ?? 0;
    if (room < 0) throw malformed('its bodies are too large together');
    return found;
  };
  return decode(value, { body, digits: new DigitCount() }, 0);
}

/** What the parts of one value may take together. */
interface Sources {
  readonly body: BodySource;
  readonly digits: DigitCount;
}

function decode(value: JsonValue, sources: Sources, depth: number): unknown {
  if (depth > MAX_DEPTH) throw malformed('it is nested too deeply');
  if (typeof value !== 'object' || value === null) return value;
  const inner = (item: JsonValue): unknown => decode(item, sources, depth + 1);
  if (isList(value)) return value.map(inner);
  if (!Object.hasOwn(value, '$')) return decodeMembers(value, inner);
  switch (value['$']) {
    case 'object':
      return decodeMembers(recordOf(value['value']), inner);
    case 'map':
      return new Map(listOf(value['entries']).map((entry) => pairOf(entry, inner)));
    case 'set':
      return new Set(listOf(value['values']).map(inner));
    case 'error':
      return decodeError(value, inner);
    default:
      return decodeLeaf(value, sources);
  }
}

type Members = { readonly [key: string]: JsonValue };

function decodeLeaf(value: Members, { body, digits }: Sources): unknown {
  switch (value['$']) {
    case 'undefined':
      return undefined;
    case 'number':
      return numberOf(value['value']);
    case 'bigint':
      return bigintOf(value['value'], digits);
    case 'date':
      return new Date(typeof value['value'] === 'string' ? value['value'] : Number.NaN);
    case 'text':
      return Buffer.from(bodyOf(value, body)).toString(value['encoding'] === 'utf16le' ? 'utf16le' : 'utf8');
    case 'bytes':
      return bytesOf(value, body);
    default:
      throw malformed(`it holds ${JSON.stringify(value['$']).slice(0, 64)}, which cannot be had again`);
  }
}

function decodeMembers(members: Members, inner: (item: JsonValue) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([key, item]) => [key, inner(item)]));
}

/** Without a stack: it would tell of this function. */
function decodeError(members: Members, inner: (item: JsonValue) => unknown): Error {
  const error = new Error(textOf(members['message']));
  const define = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
  };
  define('name', textOf(members['name']));
  define('stack', `${error.name}: ${error.message}`);
  for (const key of ['code', 'cause', 'errors']) {
    const part = Object.hasOwn(members, key) ? members[key] : undefined;
    if (part !== undefined) define(key, inner(part));
  }
  return error;
}

function bytesOf(value: Members, bodies: BodySource): unknown {
  const { type, base64 } = value;
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : bodyOf(value, bodies);
  try {
    return makeBytesKind(textOf(type), bytes);
  } catch (error) {
    throw malformed('it holds bytes of an unknown kind', error);
  }
}

function bodyOf({ sha256 }: Members, bodies: BodySource): Uint8Array {
  const body = bodies(textOf(sha256));
  if (body === undefined) throw malformed(`the body ${textOf(sha256)} was not kept`);
  return body;
}

function numberOf(value: JsonValue | undefined): number {
  if (value === '-0' || value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw malformed('it holds a number that is none');
}

function bigintOf(value: JsonValue | undefined, digits: DigitCount): bigint {
  if (typeof value === 'string' && !digits.add(value.length)) throw malformed('it has too many digits of bigint');
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw malformed('it holds a bigint that is none, or was a secret');
}

function pairOf(value: JsonValue, inner: (item: JsonValue) => unknown): [unknown, unknown] {
  const [key, item, ...more] = listOf(value);
  if (key === undefined || item === undefined || more.length > 0) throw malformed('it holds an entry that is no pair');
  return [inner(key), inner(item)];
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw malformed('a text is missing');
  return value;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || !isList(value)) throw malformed('a list is missing');
  return value;
}

function recordOf(value: JsonValue | undefined): Members {
  if (typeof value !== 'object' || value === null || isList(value)) throw malformed('an object is missing');
  return value;
}

// `Array.isArray` does not tell a readonly list from the rest of a union.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function malformed(problem: string, cause?: unknown): PluginError {
  return createError('ERR_CONFIG_INVALID', `a value of the snapshot cannot be read: ${problem}`, {
    cause,
    hint: 'give the snapshot as it was recorded, and the bodies that are kept beside it',
  });
}
