/** What a payload takes in a message, never less than it does. */
export interface PayloadWeight {
  /** Bytes of JSON in UTF-8. */
  readonly bytes: number;
  readonly elements: number;
}

/** Larger than this a payload is written out to be weighed: guessing would leave too much room unused. */
const SMALL_BYTES = 4_096;
/** What JSON makes of one UTF-16 unit at most: `\u0000`. */
const BYTES_OF_UNIT = 6;
/** The longest that JSON makes of a number. */
const BYTES_OF_NUMBER = 25;

/** Weighs JSON data that a bus has taken: it holds no getters and is not deep. */
export function weighPayload(payload: unknown): PayloadWeight {
  const guessed = { bytes: 0, elements: 0 };
  guess(payload, guessed);
  return guessed.bytes <= SMALL_BYTES ? guessed : measure(payload);
}

function guess(value: unknown, weight: { bytes: number; elements: number }): void {
  weight.elements += 1;
  // A comma before it, or the bracket behind it.
  weight.bytes += 1;
  if (weight.bytes > SMALL_BYTES) return;
  if (typeof value === 'string') weight.bytes += value.length * BYTES_OF_UNIT + 2;
  else if (typeof value !== 'object' || value === null) weight.bytes += BYTES_OF_NUMBER;
  else if (Array.isArray(value)) {
    weight.bytes += 2;
    for (const item of value) guess(item, weight);
  } else {
    weight.bytes += 2;
    for (const [key, item] of Object.entries(value)) {
      weight.elements += 1;
      weight.bytes += key.length * BYTES_OF_UNIT + 3;
      guess(item, weight);
    }
  }
}

function measure(payload: unknown): PayloadWeight {
  const json = JSON.stringify(payload) ?? '';
  // One value, and one more behind each comma, colon and bracket; those inside of texts make it seem heavier.
  return { bytes: Buffer.byteLength(json), elements: json.length === 0 ? 0 : json.split(/[,:[{]/).length };
}
