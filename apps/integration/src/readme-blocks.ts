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
