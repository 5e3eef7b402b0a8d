import { createError, isPluginError, MAX_ISSUES } from '@kb-labs/contracts';
import type { ErrorCode, Issue, PluginError } from '@kb-labs/contracts';
import type { z } from 'zod';
import { escapePointer } from './plain-json.js';

/** What the document is called in a message, and the code that refuses it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint?: string;
}

/** Makes one error of what zod refused: the first issue in the message, the first ten in the details, each with its pointer. */
export function refusedBySchema(error: z.ZodError, refusal: Refusal): PluginError {
  return refused(error.issues.slice(0, MAX_ISSUES).map(toIssue), refusal);
}

/** What a schema makes of a value. Throws what it refused, also where a getter of the value itself throws: then that is the cause. */
export function parseBySchema<Output>(schema: z.ZodType<Output>, value: unknown, refusal: Refusal): Output {
  let parsed: z.ZodSafeParseResult<Output>;
  try {
    parsed = schema.safeParse(value);
  } catch (cause) {
    throw createError(refusal.code, `${refusal.what} cannot be read: a part of it throws`, {
      details: { pointer: '' },
      hint: 'hand in plain data, without getters or proxies',
      cause,
    });
  }
  if (parsed.success) return parsed.data;
  throw refusedBySchema(parsed.error, refusal);
}

/** Makes one error of one or more issues; the details keep the first ten. */
export function refused(issues: readonly Issue[], refusal: Refusal): PluginError {
  const first = issues[0] ?? { pointer: '', message: 'is not valid' };
  const place = first.pointer === '' ? '' : ` at ${first.pointer}`;
  return createError(refusal.code, `${refusal.what} is invalid${place}: ${first.message}`, {
    details: { pointer: first.pointer, issues: issues.slice(0, MAX_ISSUES) },
    ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
  });
}

/** What a check throws, as an issue below the pointer; none where it returns. */
export function issueOf(pointer: string, check: () => unknown): readonly Issue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const below = isPluginError(error) ? error.details['pointer'] : undefined;
    return [{ pointer: typeof below === 'string' ? `${pointer}${below}` : pointer, message: error.message }];
  }
}

function toIssue(issue: z.core.$ZodIssue): Issue {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const pointer = path.map((part) => `/${escapePointer(String(part))}`).join('');
  const message = issue.code === 'unrecognized_keys' ? `there is no such field as "${issue.keys[0]}"` : issue.message;
  return { pointer: pointer.slice(0, 256), message: message.slice(0, 512) };
}
