/** Text of a guest, or of a file, as one line that cannot move the cursor, change colours or turn the writing direction. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\n]|[\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, escapeCharacter);
}

/** As `plainText`, with line breaks escaped as well, and cut at `width` characters. */
export function plainLine(text: string, width: number): string {
  const line = plainText(text).replaceAll('\n', String.raw`\n`);
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 3))}...`;
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}
