/** One source twice, at the same offsets: once with nothing but code, once with nothing but comments. All else is blank. */
export interface MaskedCode {
  readonly code: readonly string[];
  readonly comments: readonly string[];
}

type Part = 'code' | 'comment' | 'text';

// Each alternative is one token; regular expressions are told from divisions by what stands before them.
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?|`(?:\\[\s\S]|[^`\\])*`?)|(?<slash>\/)|(?<word>[\w$]+)|(?<other>[^\s\w$])/gu;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/uy;
const BEFORE_REGEX = /^(?:[([{,;=:!&|?+\-*%<>~^]|return|typeof|case|of|in|do|else|yield|await|void|throw|delete)$/u;

/** Tells code, comments and texts apart, well enough for a line-based review: what stands inside a template counts as text. */
export function maskCode(source: string): MaskedCode {
  const code = blank(source).split('');
  const comments = code.slice();
  const keep = (target: string[], start: number, text: string): void => {
    for (let index = 0; index < text.length; index += 1) target[start + index] = text.charAt(index);
  };
  let before = ';';
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
    const part = partOf(match.groups ?? {});
    if (match[0] === '/' && BEFORE_REGEX.test(before)) {
      TOKEN.lastIndex = endOfRegex(source, match.index) ?? TOKEN.lastIndex;
      before = 'regex';
      continue;
    }
    if (part === 'comment') keep(comments, match.index, match[0]);
    if (part === 'code') keep(code, match.index, match[0]);
    if (part !== 'comment') before = part === 'text' ? 'text' : match[0];
  }
  return { code: code.join('').split('\n'), comments: comments.join('').split('\n') };
}

function partOf(groups: Readonly<Record<string, string | undefined>>): Part {
  if (groups['comment'] !== undefined) return 'comment';
  return groups['text'] === undefined ? 'code' : 'text';
}

function endOfRegex(source: string, start: number): number | undefined {
  REGEX.lastIndex = start;
  return REGEX.test(source) ? REGEX.lastIndex : undefined;
}

/** The same length and the same lines, and nothing else. */
function blank(source: string): string {
  return source.replaceAll(/[^\n]/g, ' ');
}
