import stringWidth from 'fast-string-width';

// Control characters, marks that turn the direction of text or join it, halves of pairs, line separators: all that a terminal obeys.
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** Characters of one column each that need no look at their neighbours. */
const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff…]*$/;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text with everything that a terminal would obey written out, as in `\u{1b}`. */
export function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** Columns that a terminal needs for a text without escapes. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text in so many columns at most, with `…` where something was cut off. */
export function fitText(text: string, columns: number): string {
  if (text.length <= columns && textWidth(text) <= columns) return text;
  let fitting = '';
  let used = 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += textWidth(segment);
    if (used > columns) return `${fitting}…`;
    fitting += segment;
  }
  return fitting;
}

/** The text in exactly so many columns. */
export function padText(text: string, columns: number): string {
  const fitting = fitText(text, columns);
  return fitting + ' '.repeat(Math.max(0, columns - textWidth(fitting)));
}

/** A time for a person, so that those of one order of magnitude stand below each other. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return 'running';
  if (ms < 0.05) return '<0.1 ms';
  if (ms < 999.95) return `${ms.toFixed(1)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `1 denial`, `2 denials`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
