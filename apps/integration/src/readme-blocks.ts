/** A fenced block of code in a README. */
export interface ReadmeBlock {
  readonly line: number;
  readonly language: 'ts' | 'js';
  readonly code: string;
}

const FENCE = /^```(?<language>ts|js)(?<flags>[^\n]*)\n(?<code>.*?)^```[ \t]*$/gms;

/** The blocks that must run: all in `ts` or `js` whose info string does not say `no-run`. */
export function runnableBlocks(markdown: string): ReadmeBlock[] {
  return [...markdown.matchAll(FENCE)].flatMap((match) => {
    const { language, flags = '', code = '' } = match.groups ?? {};
    if ((language !== 'ts' && language !== 'js') || /\bno-run\b/.test(flags)) return [];
    return [{ line: markdown.slice(0, match.index).split('\n').length, language, code }];
  });
}

const CLAIM =
  /^(?<expression>(?!\s|\/\/|(?:const|let|import|export|throw|if|for)\b).+); \/\/ (?<value>[[{'].*[\]}'])$/gm;

/**
 * Turns `expression; // value` at the start of a line into an assertion, so that a comment cannot say what is not so. `…` stands for
 * further members; a value with other words in it is left a comment.
 */
export function assertClaims(code: string): { readonly code: string; readonly claims: number } {
  let claims = 0;
  const asserted = code.replaceAll(CLAIM, (line, expression: string, value: string) => {
    const parts = value.replaceAll(/\w+: \{ … \},?|, …|…,?/g, '');
    if (!isLiteral(parts)) return line;
    claims += 1;
    const check = value.includes('…') ? 'partialDeepStrictEqual' : 'deepStrictEqual';
    return `kbAssert.${check}(${expression.startsWith('await ') ? '' : 'await '}${expression}, ${parts});`;
  });
  return { code: claims === 0 ? code : `import kbAssert from 'node:assert/strict';\n${asserted}`, claims };
}

function isLiteral(text: string): boolean {
  const words = text.replaceAll(/'[^']*'/g, '""').replaceAll(/\w+:/g, '');
  return /^[\s[\]{},"\d.-]*(?:(?:true|false|undefined|null)[\s[\]{},"\d.-]*)*$/.test(words);
}
