import { isDeepStrictEqual } from 'node:util';
import { createError } from '@kb-labs/contracts';
import { formatDocument, insertMember, replaceValue } from './edit-json.js';
import { formatPointer } from './json-pointer.js';
import { readJson } from './read-json.js';
import type { ParsedSection } from './section.js';
import { surveyJson } from './survey-json.js';

/** The text of a document that holds the section; `undefined` where it does already. `text` is `undefined` where there is no document yet. */
export function applySection(text: string | undefined, section: ParsedSection): string | undefined {
  const { tokens, value, strategy } = section;
  if (text === undefined) return formatDocument(nest(tokens, value));
  const way = surveyJson(text, tokens);
  const standing = way[tokens.length];
  if (standing !== undefined) {
    if (strategy === 'keep') return undefined;
    const now = readJson(text.slice(standing.start, standing.end));
    const wanted = strategy === 'merge' ? merge(now, value) : value;
    return isDeepStrictEqual(now, wanted) ? undefined : replaceValue(text, standing, wanted);
  }
  const last = way.at(-1);
  if (last === undefined || !last.isObject) throw createWayError(tokens, way.length - 1);
  const [name = '', ...missing] = tokens.slice(way.length - 1);
  return insertMember(text, last, { name, value: nest(missing, value) });
}

/** Objects are merged, member by member; all else is what is new. */
function merge(now: unknown, value: unknown): unknown {
  if (!isObject(now) || !isObject(value)) return value;
  const members = new Map(Object.entries(now));
  for (const [name, member] of Object.entries(value)) {
    members.set(name, members.has(name) ? merge(members.get(name), member) : member);
  }
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value below objects of these names. */
function nest(names: readonly string[], value: unknown): unknown {
  return names.reduceRight((inner, name) => Object.fromEntries([[name, inner]]), value);
}

function createWayError(tokens: readonly string[], depth: number): Error {
  const place = formatPointer(tokens.slice(0, Math.max(0, depth)));
  return createError(
    'ERR_INVALID_ARGUMENT',
    `ensureSection: the pointer leads through "${place}", which is no object`,
    {
      details: { function: 'ensureSection', argument: 'pointer', pointer: place },
      hint: 'replace what stands there first, as a section of its own',
    },
  );
}
