import { isPluginId } from '@kb-labs/contracts';
import type { ParsedRule } from './rule-line.js';
import { GLOBSTAR } from './segment-glob.js';

// The broker of @kb-labs/artifacts, a neighbour, takes all that passes here, and a little more.
const MAX_SEGMENTS = 32;
const MAX_GLOBSTARS = 2;
const MAX_STARS = 8;
const MAX_QUESTION_MARKS_BESIDE_STARS = 4;
const MEDIA_RANGE = /^[a-z0-9][\w!#$&^.+-]{0,126}\/(?:\*|[a-z0-9][\w!#$&^.+-]{0,126})$/i;

/** Reads whose artifacts a rule is about: `self`, the id of a plugin, or `*`. Never throws. */
export function parseArtifactOwner(text: string): ParsedRule<string> {
  return text === '*' || text === 'self' || isPluginId(text)
    ? { ok: true, rule: text }
    : { ok: false, problem: 'names no plugin; write "self", the id of a plugin, or "*" for all' };
}

/** Reads a glob over the segments of an artifact's path: `*`, `?`, and `**` as a whole segment. Never throws. */
export function parseArtifactGlob(text: string): ParsedRule<string> {
  const problem = textProblem(text) ?? segmentsProblem(text.split('/'));
  return problem === undefined ? { ok: true, rule: text } : { ok: false, problem };
}

function textProblem(text: string): string | undefined {
  if (text === '') return 'is empty; write "**" for all paths';
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) return 'has a control character or half a character; write plain text';
  if (/[\\<>:"|]/.test(text)) return 'has one of \\ < > : " |, which no path of an artifact has';
  if (/[{}[\]]/.test(text) || text.startsWith('!') || /[+@!?*]\(/.test(text)) {
    return 'has braces, brackets or an extended glob; write one rule for each alternative';
  }
  return undefined;
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  if (segments.length > MAX_SEGMENTS) return `has more than ${MAX_SEGMENTS} segments; write a shorter one`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'has an empty segment, "." or ".."; write a relative path such as "reports/**"';
  }
  if (segments.some((segment) => segment.includes(GLOBSTAR) && segment !== GLOBSTAR)) {
    return 'has "**" glued to something else; write it as a whole segment, as in "reports/**/*.md"';
  }
  if (segments.filter((segment) => segment === GLOBSTAR).length > MAX_GLOBSTARS) {
    return `has more than ${MAX_GLOBSTARS} "**"; write fewer`;
  }
  const isHeavy = (segment: string): boolean =>
    segment.split('*').length - 1 > MAX_STARS ||
    (segment.includes('*') && segment.split('?').length - 1 > MAX_QUESTION_MARKS_BESIDE_STARS);
  return segments.some(isHeavy) ? 'has too many wildcards in one segment; write fewer' : undefined;
}

/** Reads a media type without parameters, `text/markdown`, or all of a kind, `text/*`. Never throws. */
export function parseMediaRange(text: string): ParsedRule<string> {
  return MEDIA_RANGE.test(text)
    ? { ok: true, rule: text.toLowerCase() }
    : { ok: false, problem: 'is no media type; write "text/markdown" or "text/*", without parameters' };
}
