import { EVENT_SCOPES } from '@kb-labs/contracts';
import type { EventRules, EventScope } from '@kb-labs/contracts';
import { configInvalid, eventDenied } from './event-errors.js';
import type { Denial } from './event-errors.js';
import { isReserved } from './topic.js';
import { isCovered, matches, parsePattern } from './topic-pattern.js';
import type { TopicPattern } from './topic-pattern.js';

const MAX_RULES = 256;
const LISTS: readonly string[] = ['produce', 'consume', 'scopes'];

/** Rules compiled once. Both throw `ERR_EVENT_DENIED`, or return. */
export interface CompiledRules {
  assertPublish(topic: readonly string[], scope: EventScope): void;
  assertSubscribe(pattern: TopicPattern, scope: EventScope): void;
}

interface Document {
  readonly produce: readonly TopicPattern[];
  readonly consume: readonly TopicPattern[];
  readonly scopes: ReadonlySet<EventScope>;
}

/** What every document allows is allowed; no document allows nothing. Throws `ERR_CONFIG_INVALID` with a pointer. */
export function compileRules(rules: readonly EventRules[]): CompiledRules {
  if (!Array.isArray(rules)) throw configInvalid('/rules', 'must be an array of event rules');
  const documents = rules.map((document, index) => compileDocument(document, `/rules/${index}`));
  const assert = (denial: Denial, isListed: (document: Document) => boolean): void => {
    const unscoped = placesOf(documents, ({ scopes }) => !scopes.has(denial.scope));
    if (unscoped.length === 0 && documents.length > 0 && documents.every(isListed)) return;
    const unlisted = placesOf(documents, (document) => !isListed(document));
    const reason = unscoped.length > 0 ? 'scope-not-listed' : 'not-listed';
    const rules = unscoped[0] ?? unlisted[0];
    throw eventDenied({ ...denial, reason, rules, unlisted, unscoped });
  };
  return Object.freeze({
    assertPublish(topic: readonly string[], scope: EventScope): void {
      const denial = { action: 'publish', topic: topic.join('.'), scope, reason: 'not-listed' } as const;
      if (isReserved(topic)) throw eventDenied({ ...denial, reason: 'reserved' });
      assert(denial, ({ produce }) => produce.some((rule) => matches(rule.segments, topic)));
    },
    assertSubscribe(pattern: TopicPattern, scope: EventScope): void {
      const denial = { action: 'subscribe', topic: pattern.text, scope, reason: 'not-listed' } as const;
      assert(denial, ({ consume }) => isCovered(pattern, consume));
    },
  });
}

function placesOf(documents: readonly Document[], lacks: (document: Document) => boolean): readonly number[] {
  return documents.flatMap((document, place) => (lacks(document) ? [place] : []));
}

/** The host's own: everything, in every scope. */
export function hostRules(): CompiledRules {
  return Object.freeze({ assertPublish: () => undefined, assertSubscribe: () => undefined });
}

function compileDocument(document: EventRules, pointer: string): Document {
  if (typeof document !== 'object' || document === null)
    throw configInvalid(pointer, 'must be an object of event rules');
  const unknown = Object.keys(document).find((key) => !LISTS.includes(key));
  if (unknown !== undefined) {
    throw configInvalid(pointer, `has the unknown key "${unknown.slice(0, 64)}"`, `the keys are ${LISTS.join(', ')}`);
  }
  const produce = compilePatterns(document.produce, `${pointer}/produce`);
  const reserved = produce.findIndex(({ segments }) => isReserved(segments));
  if (reserved !== -1)
    throw configInvalid(`${pointer}/produce/${reserved}`, 'is a topic of the host; no rule allows it');
  return {
    produce,
    consume: compilePatterns(document.consume, `${pointer}/consume`),
    scopes: compileScopes(document.scopes, `${pointer}/scopes`),
  };
}

function compilePatterns(patterns: unknown, pointer: string): readonly TopicPattern[] {
  if (!Array.isArray(patterns) || patterns.length > MAX_RULES) {
    throw configInvalid(pointer, `must be an array of at most ${MAX_RULES} patterns`);
  }
  return patterns.map((text: unknown, index) => {
    const pattern = parsePattern(text);
    if (pattern === undefined) throw configInvalid(`${pointer}/${index}`, 'is not a topic pattern, such as report.*');
    return pattern;
  });
}

function compileScopes(scopes: unknown, pointer: string): ReadonlySet<EventScope> {
  if (!Array.isArray(scopes)) throw configInvalid(pointer, `must be an array of ${EVENT_SCOPES.join(', ')}`);
  return new Set(
    scopes.map((scope: unknown, index) => {
      if (!isEventScope(scope)) {
        throw configInvalid(`${pointer}/${index}`, `must be one of ${EVENT_SCOPES.join(', ')}`);
      }
      return scope;
    }),
  );
}

/** Whether a value is one of the three scopes. */
export function isEventScope(value: unknown): value is EventScope {
  return EVENT_SCOPES.some((scope) => scope === value);
}
