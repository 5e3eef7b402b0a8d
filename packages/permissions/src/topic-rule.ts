import type { ParsedRule } from './rule-line.js';

// The same grammar as in @kb-labs/events, which is a neighbour: change both.
const MAX_TOPIC_LENGTH = 256;
const MAX_SEGMENTS = 8;
const MAX_DEEP_WILDCARDS = 2;
const SEGMENT = /^[a-z0-9][a-z0-9_-]*$/;
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['constructor', 'prototype']);
const RESERVED: ReadonlySet<string> = new Set(['host', 'runtime']);

/** Reads a topic, or a pattern of topics, to listen to. Never throws; the problem says what to write instead. */
export function parseConsumedTopics(text: string): ParsedRule<string> {
  const problem = patternProblem(text);
  return problem === undefined ? { ok: true, rule: text } : { ok: false, problem };
}

/** As `parseConsumedTopics`, to publish: what begins with `host` or `runtime` is the host's own. */
export function parseProducedTopics(text: string): ParsedRule<string> {
  const [first = ''] = text.split('.', 1);
  return RESERVED.has(first)
    ? { ok: false, problem: `begins with "${first}", which only the host publishes; write a topic of the plugin's own` }
    : parseConsumedTopics(text);
}

function patternProblem(text: string): string | undefined {
  if (text.length > MAX_TOPIC_LENGTH) return `is longer than ${MAX_TOPIC_LENGTH} characters`;
  const segments = text.split('.');
  if (segments.length > MAX_SEGMENTS) return `has more than ${MAX_SEGMENTS} segments; write a shorter one`;
  const named = segments.filter((segment) => segment !== '*' && segment !== '**');
  if (named.some((segment) => !SEGMENT.test(segment))) {
    return 'is no topic; write segments of a-z, 0-9, "_" and "-" with "." between them, "*" and "**" as whole segments';
  }
  const reserved = named.find((segment) => PROTOTYPE_NAMES.has(segment));
  if (reserved !== undefined) return `has the segment "${reserved}", which no topic has`;
  return segments.filter((segment) => segment === '**').length > MAX_DEEP_WILDCARDS
    ? `has more than ${MAX_DEEP_WILDCARDS} "**"; write fewer`
    : undefined;
}
