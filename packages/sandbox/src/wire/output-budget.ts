import { encodeValue } from './encode-value.js';
import type { EncodedValue } from './wire-value.js';

/** What one line or one word of progress counts at the least, so that empty ones are not free. */
const LINE_COST = 16;
const MAX_FIELDS = 16_384;
const encoder = new TextEncoder();

/** What a line takes from `maxOutputBytes`. Both sides count alike, so an honest guest stops where its host cuts. */
export function outputCost(text: string, fields: Readonly<Record<string, unknown>>): number {
  return LINE_COST + text.length + (Object.keys(fields).length === 0 ? 0 : measureValue(encodeValue(fields)));
}

/** Bytes that an encoded value takes: its JSON and what travels beside it. Both sides measure alike. */
export function measureValue(value: EncodedValue): number {
  return value.binary.reduce(
    (sum, part) => sum + part.byteLength,
    encoder.encode(JSON.stringify(value.json)).byteLength,
  );
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
