import { z } from 'zod';
import type { ParsedRule } from './rule-line.js';
import { MAX_RULES } from './section.js';

/** Characters that a rule, or the reason for a section, may have. */
export const MAX_RULE_UNITS = 1024;

/** A part of a spec that may be left out, and `null`. */
export type Optional<Schema extends z.ZodType> = z.ZodExactOptional<z.ZodNullable<Schema>>;

/** A list of rules that are texts. */
export type RuleTexts = z.ZodArray<z.ZodString>;

/** Lets a part be left out, or be `null`. */
export function optional<Schema extends z.ZodType>(schema: Schema): Optional<Schema> {
  return schema.nullable().exactOptional();
}

/** Why a plugin wants a section. */
export const reason: z.ZodExactOptional<z.ZodString> = z.string().max(MAX_RULE_UNITS).exactOptional();

/** What is wrong with a list as a whole. */
export type ListProblem<Rule> = (rules: readonly Rule[]) => string | undefined;

/** A text that the parser takes; its problem is the issue. */
export function ruleText(parse: (text: string) => ParsedRule<unknown>): z.ZodString {
  return z
    .string()
    .max(MAX_RULE_UNITS)
    .superRefine((text, context) => {
      const parsed = text.length > MAX_RULE_UNITS ? undefined : parse(text);
      if (parsed?.ok === false) context.addIssue({ code: 'custom', message: `the rule ${parsed.problem}` });
    });
}

/** A list of such texts, at most 1000. */
export function ruleTexts(
  parse: (text: string) => ParsedRule<unknown>,
  problemOf: ListProblem<string> = () => undefined,
): RuleTexts {
  return z
    .array(ruleText(parse))
    .max(MAX_RULES)
    .superRefine((texts, context) => {
      const message = problemOf(texts);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

/** `allow` and `deny` over texts. */
export function allowAndDeny(
  parse: (text: string) => ParsedRule<unknown>,
  problemOf?: ListProblem<string>,
): { readonly allow: Optional<RuleTexts>; readonly deny: Optional<RuleTexts> } {
  const list = (): Optional<RuleTexts> => optional(ruleTexts(parse, problemOf));
  return { allow: list(), deny: list() };
}
