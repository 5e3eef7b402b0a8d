import type { PermissionSpec } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseEnvRule } from './env-rule.js';
import { parseFsRule } from './fs-rule.js';
import { parseNetRule } from './net-rule.js';
import type { ParsedRule } from './rule-line.js';
import { MAX_RULES } from './section.js';
import { quotaNames, quotaRange } from './quotas.js';

const MAX_RULE_UNITS = 1024;
// Entries are looked up in a tree; globs are tried one by one.
const MAX_FILE_GLOBS = 256;

/** The keys of each object in a spec, for those who misspell one. */
export const SPEC_KEYS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  '': ['fs', 'net', 'env', 'quotas'],
  '/fs': ['mode', 'allow', 'deny', 'reason'],
  '/net': ['allow', 'deny', 'reason'],
  '/env': ['allow', 'deny', 'reason'],
  '/quotas': quotaNames(),
});

const reason = z.string().max(MAX_RULE_UNITS);

/** Strict: an unknown key is an issue. Fits `z.toJSONSchema`; the fine rules of each pattern show only when parsed. */
export const permissionSpecSchema: z.ZodType<PermissionSpec> = z.strictObject({
  fs: section(
    z.strictObject({
      mode: z.enum(['read', 'readWrite']),
      ...lists(parseFsRule, tooManyGlobs),
      reason: reason.exactOptional(),
    }),
  ),
  net: section(z.strictObject({ ...lists(parseNetRule), reason: reason.exactOptional() })),
  env: section(z.strictObject({ ...lists(parseEnvRule), reason: reason.exactOptional() })),
  quotas: section(z.strictObject(quotaShape())),
});

type Section<Schema extends z.ZodType> = z.ZodExactOptional<z.ZodNullable<Schema>>;
type RuleList = Section<z.ZodArray<z.ZodString>>;

function section<Schema extends z.ZodType>(schema: Schema): Section<Schema> {
  return schema.nullable().exactOptional();
}

type ListProblem = (rules: readonly string[]) => string | undefined;

function tooManyGlobs(rules: readonly string[]): string | undefined {
  const count = rules.filter((rule) => /[*?]/.test(rule)).length;
  return count > MAX_FILE_GLOBS ? `has ${count} globs; write entries, or at most ${MAX_FILE_GLOBS} globs` : undefined;
}

function lists(
  parse: (text: string) => ParsedRule<unknown>,
  problemOf: ListProblem = () => undefined,
): { allow: RuleList; deny: RuleList } {
  const rule = z
    .string()
    .max(MAX_RULE_UNITS)
    .superRefine((text, context) => {
      const parsed = text.length > MAX_RULE_UNITS ? undefined : parse(text);
      if (parsed?.ok === false) context.addIssue({ code: 'custom', message: `the rule ${parsed.problem}` });
    });
  const rules = z
    .array(rule)
    .max(MAX_RULES)
    .superRefine((texts, context) => {
      const message = problemOf(texts);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
  const list = (): RuleList => section(rules);
  return { allow: list(), deny: list() };
}

function quotaShape(): Record<string, z.ZodExactOptional<z.ZodNumber>> {
  const entries = quotaNames().map((name) => {
    const { min, max } = quotaRange(name);
    return [name, z.int().min(min).max(max).exactOptional()] as const;
  });
  return Object.fromEntries(entries);
}
