import type { TextSpan } from './text-spans.js';

/**
 * What secrets look like, wherever they stand. The group `keep` stays readable. Each pattern takes time linear in the text:
 * no nested repetition can fail after it has begun, and what stands before a value is bounded.
 */
const SHAPES: readonly RegExp[] = [
  // Private keys, also those whose end was cut off.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
  // JSON web tokens, whole or cut off.
  /eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g,
  // User info in URLs. The last `@` of the authority ends it, as in WHATWG URL.
  /(?<=:\/\/)[^\s/?#]+(?=@)/g,
  // Keys that their issuers gave a prefix, so that they can be found.
  /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/g,
  /(?<![A-Za-z0-9])(?:gh[opsur]_|npm_|hf_|dop_v1_|shp[a-z]{2}_)[A-Za-z0-9]{20,}/g,
  /(?<![A-Za-z0-9])(?:github_pat_|gl[a-z]{2,6}-|xox[a-z]-|xapp-|sk-|[prs]k_(?:live|test)_|whsec_|pypi-Ag|AIza|GOCSPX-|1\/\/0|ya29\.|SG\.|hv[bs]\.|lin_api_)[\w.-]{16,}/g,
  // PuTTY's private keys.
  /(?<keep>\bPrivate-(?:Lines|MAC):[ \t]{0,4})[^]*/g,
  /AGE-SECRET-KEY-1[A-Z0-9]{16,}/g,
  /(?<=hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{16,}/g,
  // Headers.
  /(?<keep>\bbearer[ \t]{1,4})[\w.~+/=-]{8,}/gi,
  /(?<keep>\bbasic[ \t]{1,4})[\w.~+/=-]{16,}/gi,
  /(?<keep>\bcookie[\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,4})[^\r\n]+/gi,
  // `password=…`, `"apiKey": "…"`, `?token=…&`, and the same inside escaped JSON.
  /(?<keep>(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|account|private)[-_ ]?key|authorization|credentials?|session[-_ ]?id|signature|\bsig)[\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,4})(?:(?:bearer|basic|digest|token)[ \t]{1,4})?(?:\\{1,4}"[^"]*(?:"|$)|"(?:[^"\\]+|\\[^])*\\?(?:"|$)|'(?:[^'\\]+|\\[^])*\\?(?:'|$)|[^\s"'&,;]+)/gi,
];

/** Anything shorter holds no secret of any shape. */
const SHORTEST = 7;

/** Where a text holds what looks like a secret. Spans may overlap. */
export function findSecretShapes(text: string): TextSpan[] {
  if (text.length < SHORTEST) return [];
  return SHAPES.flatMap((shape) => (text.search(shape) === -1 ? [] : spansOf(text, shape)));
}

function spansOf(text: string, shape: RegExp): TextSpan[] {
  return Array.from(text.matchAll(shape), (match) => {
    const kept = match.groups?.['keep']?.length ?? 0;
    return { start: match.index + kept, end: match.index + match[0].length };
  });
}
