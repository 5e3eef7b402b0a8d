import { MAX_SEGMENTS, MAX_TOPIC_LENGTH, parseTopic } from './topic.js';

/** More would make the shapes that a pattern takes too many to look at, and say nothing that two cannot. */
const MAX_DEEP_WILDCARDS = 2;
/** Stands for a segment that no pattern names. No topic holds it. */
const ANY = '?';

/** A topic in which `*` stands for one segment and `**` for any number of them, also none. */
export interface TopicPattern {
  readonly text: string;
  readonly segments: readonly string[];
  /** Whether it holds no wildcard, so that it matches one topic alone. */
  readonly exact: boolean;
}

/** Parses a pattern: a topic, at most 8 segments, in which whole segments may be `*` or, twice at most, `**`. */
export function parsePattern(pattern: unknown): TopicPattern | undefined {
  if (typeof pattern !== 'string' || pattern.length > MAX_TOPIC_LENGTH) return undefined;
  const segments = pattern.split('.');
  const wild = segments.filter(isWild);
  if (segments.length > MAX_SEGMENTS || wild.filter(isDeep).length > MAX_DEEP_WILDCARDS) return undefined;
  const named = segments.filter((segment) => !isWild(segment));
  if (named.length > 0 && parseTopic(named.join('.')) === undefined) return undefined;
  return { text: pattern, segments, exact: wild.length === 0 };
}

/** Whether a pattern matches a topic, both as segments. */
export function matches(pattern: readonly string[], topic: readonly string[]): boolean {
  return matchFrom(pattern, topic, { pattern: 0, topic: 0 });
}

/**
 * Whether the rules, taken together, match every topic that the pattern matches. It looks at one topic of each shape that the
 * pattern takes, with a segment in place of each wildcard that no rule can name: only wildcards match that, so they match all.
 */
export function isCovered(pattern: TopicPattern, rules: readonly TopicPattern[]): boolean {
  return shapes(pattern.segments).every((shape) => rules.some((rule) => matches(rule.segments, shape)));
}

/** The pattern's topics of up to 8 segments, `?` in place of each wildcard. */
function shapes(pattern: readonly string[]): readonly string[][] {
  let partial: string[][] = [[]];
  for (const segment of pattern) {
    const options = isDeep(segment) ? deepOptions() : [[segment === '*' ? ANY : segment]];
    partial = partial
      .flatMap((start) => options.map((option) => [...start, ...option]))
      .filter((shape) => shape.length <= MAX_SEGMENTS);
  }
  return partial.filter((shape) => shape.length > 0);
}

function deepOptions(): string[][] {
  return Array.from({ length: MAX_SEGMENTS + 1 }, (_, length) => Array.from({ length }, () => ANY));
}

interface Place {
  readonly pattern: number;
  readonly topic: number;
}

function matchFrom(pattern: readonly string[], topic: readonly string[], start: Place): boolean {
  let at = start.topic;
  for (let index = start.pattern; index < pattern.length; index += 1) {
    const wanted = pattern[index];
    if (wanted === '**') {
      for (let next = at; next <= topic.length; next += 1) {
        if (matchFrom(pattern, topic, { pattern: index + 1, topic: next })) return true;
      }
      return false;
    }
    if (at === topic.length || (wanted !== '*' && wanted !== topic[at])) return false;
    at += 1;
  }
  return at === topic.length;
}

function isWild(segment: string): boolean {
  return segment === '*' || segment === '**';
}

function isDeep(segment: string): boolean {
  return segment === '**';
}
