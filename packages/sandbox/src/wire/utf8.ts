const encoder = new TextEncoder();
/** Up to here a loop is faster than the call of an encoder. */
const SHORT = 64;
/** Bytes that one UTF-16 unit takes at the most. */
const MAX_BYTES_PER_UNIT = 3;

/** Bytes of UTF-8 that the text takes; a lone surrogate counts as the U+FFFD that would stand for it. */
export function utf8Length(text: string): number {
  if (text.length <= SHORT && isAscii(text)) return text.length;
  return encoder.encode(text).byteLength;
}

/** The longest beginning of the text that takes at most `maxBytes` of UTF-8. Never ends inside a character. */
export function cutToUtf8(text: string, maxBytes: number): string {
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return text;
  const room = new Uint8Array(Math.min(Math.max(0, maxBytes), text.length * MAX_BYTES_PER_UNIT));
  return text.slice(0, encoder.encodeInto(text, room).read);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
