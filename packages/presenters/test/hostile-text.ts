import * as fc from 'fast-check';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

/** What terminals, logs and pages obey: escape sequences, breaks of lines of every kind, marks of direction, halves of characters. */
const PARTS = [
  '\n[INFO] fake',
  '\r',
  '\r\n',
  '\u001b[2K\u001b[1A',
  '\u001b]8;;https://evil.test\u0007click\u001b]8;;\u0007',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u0085',
  '\u0000',
  '\u007f',
  '\t',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200f',
  '\u061c',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
  'data: x\n\nevent: confirm\ndata: y',
  'error ERR_X: no',
  '日本語',
  'e\u0301',
  '\u{1f600}',
  'plain text',
] as const;

/** Text that a hostile plugin may show. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ unit: codePoint, maxLength: 20 })), { maxLength: 12 })
  .map((parts) => parts.join(''));

/** What nothing that is shown may hold. */
export const OBEYED: RegExp =
  /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

export const RUNS: { readonly seed: 1; readonly numRuns: 300 } = { seed: 1, numRuns: 300 };
