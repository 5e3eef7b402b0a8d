import { utf8Length } from '../wire/utf8.js';

// Captured before a plugin's code can replace them.
const { stringify } = JSON;
const { isSafeInteger } = Number;

/** Up to here a loop is faster than to write the text down. */
const SHORT_TEXT = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of UTF-8 that JSON takes for the text. */
export function textBytes(text: string): number {
  const { length } = text;
  if (length > SHORT_TEXT) return utf8Length(stringify(text));
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return utf8Length(stringify(text));
  }
  return length + 2;
}

/** Bytes that JSON takes for a finite number that is not -0. */
export function numberBytes(value: number): number {
  if (value >= 0 && value < 10) return isSafeInteger(value) ? 1 : String(value).length;
  return String(value).length;
}
