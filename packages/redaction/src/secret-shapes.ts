import { LiteralScan } from './literal-scan.js';
import type { TextSpan } from './text-spans.js';

/**
 * What one kind of secret looks like. The group `keep` stays readable. A match begins with one of the literals, in any case.
 */
export interface SecretShape {
  readonly literals: readonly string[];
  readonly pattern: RegExp;
}

const PREFIXES = `github_pat_ xox xapp- sk- whsec_ pypi-Ag AIza GOCSPX- 1//0 ya29. SG. hvb. hvs. lin_api_
  pk_live_ rk_live_ sk_live_ pk_test_ rk_test_ sk_test_`.split(/\s+/);
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * What secrets look like, wherever they stand. Each pattern takes time linear in the text: no nested repetition can fail after it has begun,
 * and what stands before a value is bounded.
 */
export const SECRET_SHAPES: readonly SecretShape[] = [
  // Private keys, also those whose end was cut off.
  {
    literals: ['-----BEGIN '],
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/y,
  },
  // JSON web tokens, whole or cut off.
  { literals: ['eyJ'], pattern: /eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/y },
  // User info in URLs. The last `@` of the authority ends it, as in WHATWG URL.
  { literals: ['://'], pattern: /(?<keep>:\/\/)[^\s/?#]+(?=@)/y },
  // Keys that their issuers gave a prefix, so that they can be found.
  {
    literals: ['A3T', 'AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/y,
  },
  {
    literals: ['gho_', 'ghp_', 'ghs_', 'ghu_', 'ghr_', 'npm_', 'hf_', 'dop_v1_', 'shp'],
    pattern: /(?<![A-Za-z0-9])(?:gh[opsur]_|npm_|hf_|dop_v1_|shp[a-z]{2}_)[A-Za-z0-9]{20,}/y,
  },
  {
    literals: [...PREFIXES, ...LETTERS.map((letter) => `gl${letter}`)],
    pattern:
      /(?<![A-Za-z0-9])(?:github_pat_|gl[a-z]{2,6}-|xox[a-z]-|xapp-|sk-|[prs]k_(?:live|test)_|whsec_|pypi-Ag|AIza|GOCSPX-|1\/\/0|ya29\.|SG\.|hv[bs]\.|lin_api_)[\w.-]{16,}/y,
  },
  // PuTTY's private keys.
  { literals: ['Private-'], pattern: /(?<keep>\bPrivate-(?:Lines|MAC):[ \t]{0,4})[^]*/y },
  { literals: ['AGE-SECRET-KEY-1'], pattern: /AGE-SECRET-KEY-1[A-Z0-9]{16,}/y },
  {
    literals: ['hooks.slack.com/'],
    pattern: /(?<keep>hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{16,}/y,
  },
  // Headers.
  { literals: ['bearer'], pattern: /(?<keep>\bbearer[ \t]{1,4})[\w.~+/=-]{8,}/iy },
  { literals: ['basic'], pattern: /(?<keep>\bbasic[ \t]{1,4})[\w.~+/=-]{16,}/iy },
  { literals: ['cookie'], pattern: /(?<keep>\bcookie[\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,4})[^\r\n]+/iy },
  // `password=…`, `"apiKey": "…"`, `?token=…&`, and the same inside escaped JSON.
  {
    literals: ['passw', 'passphrase', 'pwd', 'secret', 'token', 'key', 'authorization', 'credential', 'session', 'sig'],
    pattern:
      /(?<keep>(?:passw(?:or)?d|passphrase|pwd|secret|token|(?<=(?:api|access|account|private)[-_ ]?)key|authorization|credentials?|session[-_ ]?id|signature|\bsig)[\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,4})(?:(?:bearer|basic|digest|token)[ \t]{1,4})?(?:\\{1,4}"[^"]*(?:"|$)|"(?:[^"\\]+|\\[^])*\\?(?:"|$)|'(?:[^'\\]+|\\[^])*\\?(?:'|$)|[^\s"'&,;]+)/iy,
  },
];

/** Anything shorter holds no secret of any shape. */
const SHORTEST = 5;
/** Characters for each place to look at, on average: with fewer, a search of everything is faster (measured: 2 to 8 ns a character, 80 ns a place). */
const WORTHWHILE = 24;

const SCAN = new LiteralScan(SECRET_SHAPES.flatMap(({ literals }, id) => literals.map((text) => ({ text, id }))));
const SEARCHES = SECRET_SHAPES.map(({ pattern }) => new RegExp(pattern.source, pattern.flags.replace('y', 'g')));

/** Where a text holds what looks like a secret. Spans of different shapes may overlap. */
export function findSecretShapes(text: string): TextSpan[] {
  const spans: TextSpan[] = [];
  if (text.length < SHORTEST) return spans;
  const most = Math.max(16, text.length / WORTHWHILE);
  const places: (number[] | undefined)[] = [];
  SCAN.run(text, (id, start) => {
    const known = (places[id] ??= []);
    if (known.length <= most) known.push(start);
  });
  for (const [id, search] of SEARCHES.entries()) {
    const starts = places[id];
    if (starts === undefined) continue;
    const matches = starts.length > most ? text.matchAll(search) : matchesAt(text, SECRET_SHAPES[id]?.pattern, starts);
    for (const match of matches) {
      const kept = match.groups?.['keep']?.length ?? 0;
      spans.push({ start: match.index + kept, end: match.index + match[0].length });
    }
  }
  return spans;
}

/** As a search from left to right would find them: none begins inside another. */
function matchesAt(text: string, pattern: RegExp | undefined, starts: number[]): readonly RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  if (pattern === undefined) return matches;
  let end = 0;
  for (const start of starts.sort((a, b) => a - b)) {
    if (start < end) continue;
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (match === null) continue;
    end = start + match[0].length;
    matches.push(match);
  }
  // What was left of this text is nothing to the next one.
  pattern.lastIndex = 0;
  return matches;
}
