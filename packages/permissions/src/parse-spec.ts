import { MAX_ISSUES, nearName } from '@kb-labs/contracts';
import type { Issue, PermissionSpec } from '@kb-labs/contracts';
import type { z } from 'zod';
import { configError, joinPointer } from './config-error.js';
import type { ConfigErrorCode } from './config-error.js';
import { describeIssue } from './describe-issue.js';
import type { SchemaIssue } from './describe-issue.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';
import { permissionSpecSchema, SPEC_KEYS } from './permission-schema.js';
import { copyPlainData } from './plain-data.js';

/** How the errors of a spec are told. An unknown option is `ERR_CONFIG_INVALID`. */
export interface ParsePermissionSpecOptions {
  /** JSON pointer of the spec in its document, for messages. Default: the spec is the document. */
  readonly pointer?: string;
  /** Default: `ERR_CONFIG_INVALID`. */
  readonly code?: ConfigErrorCode;
}

const OPTIONS: OptionNames<ParsePermissionSpecOptions> = { pointer: true, code: true };

/**
 * Parses what a manifest asks for or a host grants, from plain JSON data alone, into a copy. Throws
 * `ERR_CONFIG_INVALID` (or `options.code`) with the JSON pointer of what is wrong, and at most ten issues.
 */
export function parsePermissionSpec(value: unknown, options: ParsePermissionSpecOptions = {}): PermissionSpec {
  const { pointer, code } = parseOptions(options);
  const copy = copyPlainData(value, pointer);
  if (!copy.ok) throw configError(code, [{ pointer: copy.pointer, message: copy.message }]);
  const parsed = permissionSpecSchema.safeParse(copy.value);
  if (parsed.success) return parsed.data;
  const findings = toFindings(parsed.error.issues);
  // A hostile document has a hundred thousand mistakes, and nobody reads more than the first.
  const shown = findings.slice(0, MAX_ISSUES).map((finding) => toIssue(finding, copy.value, pointer));
  throw configError(code, shown, findings.length);
}

function parseOptions(options: ParsePermissionSpecOptions): Required<ParsePermissionSpecOptions> {
  assertKnownOptions(options, OPTIONS);
  const { pointer = '', code = 'ERR_CONFIG_INVALID' } = options;
  if (typeof pointer !== 'string' || !/^(?:\/|$)/.test(pointer)) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '/pointer', message: 'must be a JSON pointer' }]);
  }
  if (code === 'ERR_CONFIG_INVALID' || code === 'ERR_MANIFEST_INVALID') return { pointer, code };
  throw configError('ERR_CONFIG_INVALID', [
    { pointer: '/code', message: 'must be "ERR_CONFIG_INVALID" or "ERR_MANIFEST_INVALID"' },
  ]);
}

/** What is wrong: a key that there is not, or what stands at a place. */
type Finding = { readonly path: readonly PropertyKey[]; readonly key: string } | { readonly issue: SchemaIssue };

/** A key that nobody knows comes first: what else is wrong is often for want of the one that was meant. */
function toFindings(issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  const unknown: Finding[] = [];
  const others: Finding[] = [];
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') others.push({ issue });
    else for (const key of issue.keys) unknown.push({ path: issue.path, key });
  }
  return [...unknown, ...others];
}

function toIssue(finding: Finding, value: unknown, pointer: string): Issue {
  if ('key' in finding) return unknownKey(finding.key, finding.path, pointer);
  const { issue } = finding;
  return {
    pointer: joinPointer(pointer, ...issue.path.map(String)),
    message: describeIssue(issue, valueAt(value, issue.path)),
  };
}

function unknownKey(key: string, path: readonly PropertyKey[], pointer: string): Issue {
  const keyOf = path.map((part) => (typeof part === 'number' ? '*' : String(part)));
  const known = SPEC_KEYS[joinPointer('', ...keyOf)] ?? [];
  const near = nearName(key, known);
  const advice = near === undefined ? `write one of ${known.join(', ')}` : `did you mean "${near}"?`;
  const name = JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
  return { pointer: joinPointer(pointer, ...path.map(String), key), message: `there is no key ${name}; ${advice}` };
}

/** What stands at a path of a copy; of plain data only own members are there. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );
}
