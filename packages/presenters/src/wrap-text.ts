const MAX_LINES = 200;

/**
 * Breaks text into lines that fit a terminal, so that none is broken by the terminal itself and begins where the presenter's own lines begin.
 * What is not ASCII counts as two columns, which is the most that a character takes. At most 200 lines, the last says how many are missing.
 */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    let [held, width] = ['', 0];
    for (const character of line) {
      const taken = character <= '~' ? 1 : 2;
      if (width + taken > columns) {
        lines.push(held);
        [held, width] = ['', 0];
      }
      held += character;
      width += taken;
    }
    lines.push(held);
  }
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `… (${lines.length - MAX_LINES} more lines)`];
}
