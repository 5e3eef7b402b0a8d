/** What a terminal, a log or a page would obey instead of show: controls, separators of lines, marks that turn the writing direction. */
const OBEYED = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const MAX_TEXT = 16_384;
const MAX_NAME = 128;

/** How JSON is to look. */
export interface JsonTextOptions {
  /** Spaces; 0, the default, gives one line. */
  readonly indent?: number;
  /** In characters. Beyond it the text is a sentence that says so. Default 65 536. */
  readonly limit?: number;
}

/** Text of a plugin with all but its line breaks shown instead of obeyed, and cut at 16 384 characters with a note of how many are missing. */
export function plainText(text: string): string {
  return cut(text, MAX_TEXT)
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(OBEYED, (character) => (character === '\n' ? character : show(character)));
}

/** As `plainText`, in one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', String.raw`\n`);
}

/** As `plainLine`, for what ought to be a name: cut at 128 characters. */
export function plainName(text: string): string {
  return plainLine(cut(text, MAX_NAME));
}

/** JSON of a value with the same characters as its escapes. Never throws. */
export function jsonText(value: unknown, { indent = 0, limit = MAX_TEXT * 4 }: JsonTextOptions = {}): string {
  const text = stringify(value, indent);
  if (text.length > limit)
    return JSON.stringify(`… ${text.length} characters of JSON, more than the ${limit} that are shown`);
  return text.replaceAll(OBEYED, (character) => (character === '\n' ? character : escapeUnits(character)));
}

/** How far something is, from 0 to 1; `undefined` for what is no such number. */
export function fractionOf(fraction: number | undefined): number | undefined {
  if (typeof fraction !== 'number' || Number.isNaN(fraction)) return undefined;
  return Math.min(1, Math.max(0, fraction));
}

function stringify(value: unknown, indent: number): string {
  try {
    // A lone surrogate is escaped by JSON itself.
    return JSON.stringify(value, undefined, indent) ?? 'null';
  } catch {
    // Cycles and big integers: there is no JSON of them, and nobody is helped by a presenter that throws.
    return '"(a value that is not JSON)"';
  }
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}

function show(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, unit) => {
    return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  }).join('');
}
