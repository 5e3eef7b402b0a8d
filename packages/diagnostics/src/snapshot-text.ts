/** A recorder nests values 80 deep, each in no more than four levels of JSON. */
const MAX_DEPTH = 400;
/** Objects and lists of one snapshot: more than any run leaves, and each takes many times its text in memory. */
const MAX_CONTAINERS = 8_000_000;

/** What JSON leaves as it is and a terminal or an editor obeys: controls, separators of lines, marks that turn the direction of text. */
const OBEYED =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The same JSON with such characters as escapes, which say the same to whoever parses it. */
export function escapeObeyed(json: string): string {
  return json.replaceAll(OBEYED, (character) =>
    Array.from({ length: character.length }, (_, unit) => escapeUnit(character.charCodeAt(unit))).join(''),
  );
}

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * What the text of a snapshot has too much of, before it is parsed. Deeper ones would overflow the stack of whoever writes the value again: to
 * compare it, or to show it.
 */
export function findExcess(content: string): string | undefined {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < content.length; at++) {
    const character = content.charCodeAt(at);
    if (character === QUOTE) at = endOfText(content, at);
    else if (character === LIST_END || character === OBJECT_END) depth -= 1;
    else if (character === LIST || character === OBJECT) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) return 'it is nested too deeply';
      if (containers > MAX_CONTAINERS) return 'it holds too many objects and lists';
    }
  }
  return undefined;
}

/** Where the quote stands that ends the text that begins here. */
function endOfText(content: string, start: number): number {
  for (let end = content.indexOf('"', start + 1); end !== -1; end = content.indexOf('"', end + 1)) {
    let first = end;
    while (content.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return content.length;
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
