export const MAX_TOPIC_LENGTH = 256;
export const MAX_SEGMENTS = 8;

const TOPIC = /^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*$/;
// Names that would reach a prototype where a listener uses a segment as a key. The others begin with `_` or hold capitals.
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['constructor', 'prototype']);
const RESERVED: ReadonlySet<string> = new Set(['host', 'runtime']);

/** The segments of a topic, or `undefined` for what is none. */
export function parseTopic(topic: unknown): readonly string[] | undefined {
  if (typeof topic !== 'string' || topic.length > MAX_TOPIC_LENGTH || !TOPIC.test(topic)) return undefined;
  const segments = topic.split('.');
  return segments.length <= MAX_SEGMENTS && !segments.some((segment) => PROTOTYPE_NAMES.has(segment))
    ? segments
    : undefined;
}

/** Whether a topic belongs to the host alone: `host`, `runtime`, and all below them. */
export function isReserved(segments: readonly string[]): boolean {
  return RESERVED.has(segments[0] ?? '');
}

/** What was handed in as a topic or pattern, safe to show: at most 64 characters, without control characters. */
export function showTopic(topic: unknown): string {
  if (typeof topic !== 'string') return `(${typeof topic})`;
  const short = topic.length > 64 ? `${topic.slice(0, 64)}…` : topic;
  return short.replaceAll(/[\p{C}\u2028\u2029]/gu, '\u{FFFD}');
}
