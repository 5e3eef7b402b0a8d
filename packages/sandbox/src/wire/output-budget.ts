import { encodeValue } from './encode-value.js';
import { utf8Length } from './utf8.js';
import type { EncodedValue } from './wire-value.js';

/** What one line or one word of progress counts at the least, so that empty ones are not free. */
const LINE_COST = 16;
const MAX_FIELDS = 16_384;

/**
 * Bytes that a line takes from `maxOutputBytes`: its text in UTF-8, its fields, and 16 for the line itself. Both sides count with this
 * function, so an honest guest stops where its host cuts.
 */
export function outputCost(text: string, fields: Readonly<Record<string, unknown>>): number {
  return LINE_COST + utf8Length(text) + (Object.keys(fields).length === 0 ? 0 : measureValue(encodeValue(fields)));
}

/** Bytes that an encoded value takes: its JSON and what travels beside it. Both sides measure alike. */
export function measureValue(value: EncodedValue): number {
  return value.binary.reduce((sum, part) => sum + part.byteLength, utf8Length(JSON.stringify(value.json)));
}

/** The fields of a log line if they can be sent and are no more than 16 KiB of JSON; otherwise the reason why not. A log call never throws. */
export function sendableFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    const bytes = measureValue(encodeValue(fields));
    return bytes > MAX_FIELDS ? { unsendable: `fields of ${bytes} bytes; ${MAX_FIELDS} are kept` } : fields;
  } catch (error) {
    return { unsendable: error instanceof Error ? error.message : 'fields that cannot be read' };
  }
}
