import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createError, MAX_ISSUES } from '@kb-labs/contracts';
import type { AbortLine, ErrorCode, Issue, PluginError } from '@kb-labs/contracts';
import { isPending, untilAborted } from './abort.js';
import { escapePointer } from './plain-json.js';

/** What is validated, with which code a refusal leaves, and what ends the wait for an asynchronous schema. */
export interface ValidationOptions {
  readonly code: Extract<ErrorCode, 'ERR_INPUT_INVALID' | 'ERR_OUTPUT_INVALID'>;
  /** The subject of the message: `the input`. */
  readonly what: string;
  readonly line: AbortLine;
}

/** Whether a value is a Standard Schema (version 1), of any vendor. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as { readonly '~standard'?: unknown })['~standard'];
  if (typeof standard !== 'object' || standard === null) return false;
  const { version, validate } = standard as { readonly version?: unknown; readonly validate?: unknown };
  return version === 1 && typeof validate === 'function';
}

/**
 * Validates with a schema of the host's own and returns the parsed value, at once where the schema answers at once. Details hold pointers and
 * messages, never the value.
 */
export function validateStandard(schema: StandardSchemaV1, value: unknown, options: ValidationOptions): unknown {
  const result = schema['~standard'].validate(value);
  if (!isPending(result)) return valueOf(result, options);
  return untilAborted(result, options.line).then((late) => valueOf(late, options));
}

function valueOf(result: StandardSchemaV1.Result<unknown>, options: ValidationOptions): unknown {
  if (result.issues === undefined) return result.value;
  throw invalid(result.issues, options);
}

function invalid(issues: readonly StandardSchemaV1.Issue[], options: ValidationOptions): PluginError {
  const shown: readonly Issue[] = issues.slice(0, MAX_ISSUES).map((issue) => ({
    pointer: pointerOf(issue.path ?? []).slice(0, 256),
    message: issue.message.slice(0, 512),
  }));
  const first = shown[0] ?? { pointer: '', message: 'it was refused' };
  const place = first.pointer === '' ? '' : ` at ${first.pointer}`;
  return createError(options.code, `${options.what} is invalid${place}: ${first.message}`, {
    details: { pointer: first.pointer, issues: shown },
  });
}

function pointerOf(path: NonNullable<StandardSchemaV1.Issue['path']>): string {
  return path.map((part) => `/${escapePointer(String(typeof part === 'object' ? part.key : part))}`).join('');
}
