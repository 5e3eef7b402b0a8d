import type { ParsedRule } from './rule-line.js';
import { GLOBSTAR } from './segment-glob.js';

const MAX_SEGMENTS = 32;
const MAX_STARS = 8;
const MAX_QUESTION_MARKS_BESIDE_STARS = 4;

/** An entry is itself and all below it; a glob is what it matches, and no more. */
export interface FsRule {
  readonly kind: 'entry' | 'glob';
  /** Below the root; `[]` is the root. A closing `**` stands as `**`, `*`: it is at least one segment. */
  readonly segments: readonly string[];
}

/** Names of letters, digits, `_`, `-` and, behind the first of these, `.`: an entry with nothing to look for. */
const PLAIN_ENTRY = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** Reads one file rule. Never throws; the problem says what to write instead. */
export function parseFsRule(text: string): ParsedRule<FsRule> {
  if (PLAIN_ENTRY.test(text)) return { ok: true, rule: { kind: 'entry', segments: text.split('/') } };
  const problem = textProblem(text);
  if (problem !== undefined) return { ok: false, problem };
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  const fault = segmentsProblem(segments);
  if (fault !== undefined) return { ok: false, problem: fault };
  if (!segments.some((segment) => /[*?]/.test(segment))) return { ok: true, rule: { kind: 'entry', segments } };
  const collapsed = segments.filter((segment, index) => segment !== GLOBSTAR || segments[index - 1] !== GLOBSTAR);
  const closed = collapsed.at(-1) === GLOBSTAR ? [...collapsed, '*'] : collapsed;
  return { ok: true, rule: { kind: 'glob', segments: closed } };
}

function textProblem(text: string): string | undefined {
  if (text === '') return 'is empty; write "." for the root';
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has a control character or half a character; write plain text';
  if (text.includes('\\')) return 'has a backslash; write "/" between segments, and nothing to escape';
  if (/[{}]/.test(text)) return 'has braces, which are not expanded; write one rule for each alternative';
  if (/[[\]]/.test(text)) return 'has brackets, which are no character class; write "?" for one character';
  if (text.startsWith('!')) return 'starts with "!"; write the pattern under "deny"';
  if (/[+@!?*]\(/.test(text)) return 'has an extended glob such as "+(a)"; write one rule for each alternative';
  if (text === '~' || text.startsWith('~/'))
    return 'starts with "~", which is not expanded; write a path below the root';
  if (text.startsWith('/') || /^[a-z]:/i.test(text)) {
    return 'is absolute; write a path relative to the root, or choose a root that holds it';
  }
  return undefined;
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  if (segments.includes('..')) return 'has ".."; write a path below the root, or choose a root that holds it';
  // A long entry costs nothing to match; a long glob does.
  const isGlob = segments.some((segment) => /[*?]/.test(segment));
  if (isGlob && segments.length > MAX_SEGMENTS)
    return `is a glob of more than ${MAX_SEGMENTS} segments; write a shorter one`;
  if (segments.some((segment) => segment.includes(GLOBSTAR) && segment !== GLOBSTAR)) {
    return 'has "**" glued to something else; write it as a whole segment, as in "src/**/*.ts"';
  }
  if (segments.filter((segment) => segment === GLOBSTAR).length > MAX_STARS) {
    return `has more than ${MAX_STARS} "**"; write fewer`;
  }
  if (segments.some((segment) => segment.split('*').length - 1 > MAX_STARS)) {
    return `has more than ${MAX_STARS} "*" in one segment; write fewer`;
  }
  if (
    segments.some((segment) => segment.includes('*') && segment.split('?').length - 1 > MAX_QUESTION_MARKS_BESIDE_STARS)
  ) {
    return `has more than ${MAX_QUESTION_MARKS_BESIDE_STARS} "?" beside "*" in one segment; write fewer`;
  }
  return undefined;
}
