import { parseJson } from '@kb-labs/contracts';
import { describeClass } from './encode-value.js';
import { invalidArgument } from './guest-calls.js';
import { extendPointer } from './json-pointer.js';

/** Levels that a walk, and whoever reads the artifact, can bear. */
const MAX_DEPTH = 1_000;
const encoder = new TextEncoder();
// A byte order mark is a part of what was written.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Content types by what was written. */
export const CONTENT_TYPES = {
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
  json: 'application/json',
} as const;

/** What is stored of a value, and what it is called where nobody says. */
export interface ArtifactBytes {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Text as UTF-8, bytes as they are, all else as JSON. Throws `ERR_INVALID_ARGUMENT` for what would not come back as it was, save -0: JSON writes 0. */
export function toArtifactBytes(data: unknown): ArtifactBytes {
  if (typeof data === 'string') return { bytes: encodeText(data), contentType: CONTENT_TYPES.text };
  if (ArrayBuffer.isView(data)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { bytes, contentType: CONTENT_TYPES.bytes };
  }
  if (data instanceof ArrayBuffer) return { bytes: new Uint8Array(data), contentType: CONTENT_TYPES.bytes };
  assertJson(data, '', new Set());
  return { bytes: encoder.encode(JSON.stringify(data)), contentType: CONTENT_TYPES.json };
}

/** Text as UTF-8. Half a character has no bytes that would come back as it. */
export function encodeText(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    const hint = 'write the bytes, or text.toWellFormed()';
    throw invalidArgument('the text has a lone surrogate, which UTF-8 cannot carry', { hint });
  }
  return encoder.encode(text);
}

/** What was written as text. Throws `ERR_INVALID_ARGUMENT` for bytes that are no UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalidArgument('the artifact is no UTF-8 text', { hint: "read it as bytes, without `as: 'text'`" });
  }
}

/** What was written as JSON. Throws `ERR_INVALID_ARGUMENT` for what is none. */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  try {
    return parseJson(text);
  } catch {
    throw invalidArgument('the artifact is no JSON', { hint: "read it as bytes or as text, without `as: 'json'`" });
  }
}

/** `JSON.stringify` drops and replaces in silence what JSON has no word for. */
function assertJson(value: unknown, pointer: string, open: Set<object>): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  if (typeof value !== 'object') throw notJson(typeof value === 'number' ? String(value) : typeof value, pointer);
  if (open.has(value)) throw notJson('a cycle', pointer);
  if (open.size >= MAX_DEPTH) throw notJson(`more than ${MAX_DEPTH} levels`, pointer);
  open.add(value);
  const keys = Array.isArray(value) ? value.keys() : plainKeys(value, pointer);
  for (const key of keys) assertJson(Reflect.get(value, key), extendPointer(pointer, key), open);
  open.delete(value);
}

function plainKeys(value: object, pointer: string): readonly string[] {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson(describeClass(prototype), pointer);
  if (Object.getOwnPropertySymbols(value).length > 0) throw notJson('a symbol key', pointer);
  return Object.keys(value);
}

function notJson(kind: string, pointer: string): Error {
  const message = `${kind} at ${pointer === '' ? 'the top' : pointer} cannot be written as JSON`;
  return invalidArgument(message, { hint: 'write text, bytes or plain JSON data', details: { pointer } });
}
