import { decodeValue } from './decode-value.js';
import { encodeValue } from './encode-value.js';
import { describeThrown } from './guest-error.js';
import { utf8Length } from './utf8.js';
import type { EncodedValue } from './wire-value.js';

/** What one line or one word of progress counts at the least, so that empty ones are not free. */
const LINE_COST = 16;
/** Bytes of the fields of one line, or of the attributes of one track. */
export const MAX_FIELDS = 16_384;

/**
 * Bytes that a line takes from `maxOutputBytes`: its text in UTF-8, its fields, and 16 for the line itself. Both sides count with this
 * function, so an honest guest stops where its host cuts.
 */
export function outputCost(text: string, fields: Readonly<Record<string, unknown>>): number {
  return LINE_COST + utf8Length(text) + fieldsCost(fields);
}

/** The part of it that the fields take. */
export function fieldsCost(fields: Readonly<Record<string, unknown>>): number {
  return Object.keys(fields).length === 0 ? 0 : measureValue(encodeValue(fields));
}

/** Bytes that an encoded value takes: its JSON and what travels beside it. Both sides measure alike. */
export function measureValue(value: EncodedValue): number {
  return value.binary.reduce((sum, part) => sum + part.byteLength, utf8Length(JSON.stringify(value.json)));
}

/**
 * A copy of the fields of a log line, if they can be sent and are no more than 16 KiB of JSON; otherwise the reason why not. What is no
 * record of its own is one's `value`. Never throws, and no accessor or proxy is read again afterwards.
 */
export function sendableFields(fields: unknown): Readonly<Record<string, unknown>> {
  if (fields === undefined || fields === null) return {};
  try {
    const encoded = encodeValue(fields);
    const bytes = measureValue(encoded);
    if (bytes > MAX_FIELDS) return { unsendable: `fields of ${bytes} bytes; ${MAX_FIELDS} are kept` };
    const copy = decodeValue(encoded);
    return isRecord(copy) ? copy : { value: copy };
  } catch (error) {
    return { unsendable: describeThrown(error, '').message };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
