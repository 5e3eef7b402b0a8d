import { createError } from '@kb-labs/contracts';
import type { SectionStrategy } from '@kb-labs/contracts';
import { z } from 'zod';
import { parsePointer } from './json-pointer.js';
import { copyPlainJson } from './plain-json.js';

/** What a JSON file is to hold, and where. */
export interface ConfigSection {
  /** RFC 6901, through objects alone; `''` is the whole document. */
  readonly pointer: string;
  /** JSON: no dates, bytes, cycles, or members that are `undefined`. */
  readonly value: unknown;
  /** Default: `merge`. */
  readonly strategy?: SectionStrategy;
}

/** A section that was checked and copied: nothing in it changes any more, and nothing of it names a prototype. */
export interface ParsedSection {
  readonly tokens: readonly string[];
  readonly value: unknown;
  readonly strategy: SectionStrategy;
}

/** A section as a guest sends it: what is left out may be there as `undefined`. */
interface SentSection {
  readonly pointer: string;
  readonly value: unknown;
  readonly strategy?: SectionStrategy | undefined;
}

/** The shape of a section as it may come from a guest. */
export const sectionSchema: z.ZodType<SentSection> = z.strictObject({
  pointer: z.string().max(1024),
  value: z.unknown(),
  strategy: z.enum(['keep', 'replace', 'merge']).optional(),
});

/** Throws `ERR_INVALID_ARGUMENT` that names the place, never the value. */
export function parseSection(section: SentSection): ParsedSection {
  return {
    tokens: parsePointer(section.pointer),
    value: copyPlainJson(section.value),
    strategy: section.strategy ?? 'merge',
  };
}

/** The same for one that no schema has seen. */
export function parseUnknownSection(section: unknown): ParsedSection {
  const parsed = sectionSchema.safeParse(section);
  if (parsed.success) return parseSection(parsed.data);
  const place = parsed.error.issues[0]?.path.map(String).join('/') ?? '';
  throw createError(
    'ERR_INVALID_ARGUMENT',
    `ensureSection: the section is malformed${place === '' ? '' : ` at ${place}`}`,
    {
      details: { function: 'ensureSection', argument: place },
      hint: 'a section has pointer, value and, if need be, strategy: keep, replace or merge',
    },
  );
}
