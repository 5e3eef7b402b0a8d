import type { ShellRule } from '@kb-labs/contracts';
import { z } from 'zod';
import { parseArgumentPattern, REST } from './argument-pattern.js';
import { isCommandPath } from './command-path.js';
import type { ParsedRule } from './rule-line.js';
import { MAX_RULE_UNITS, ruleText } from './rule-schema.js';

const MAX_PATTERNS = 64;
/** Rules of one command are tried one by one. */
const MAX_RULES_OF_ONE_COMMAND = 64;

/** One command of a spec. */
export const shellRule: z.ZodType<ShellRule> = z.strictObject({
  command: ruleText(parseCommand),
  args: z
    .array(z.string().max(MAX_RULE_UNITS))
    .max(MAX_PATTERNS)
    .superRefine((patterns, context) => {
      for (const [index, pattern] of patterns.entries()) {
        if (pattern === REST && index === patterns.length - 1) continue;
        const parsed = parseArgumentPattern(pattern);
        if (parsed.ok) continue;
        context.addIssue({ code: 'custom', path: [index], message: `the pattern ${parsed.problem}` });
      }
    })
    .exactOptional(),
  interpreter: z.literal(true).exactOptional(),
});

/** An issue where one command has more rules than a question should cost. */
export function tooManyForOneCommand(rules: readonly ShellRule[], context: z.RefinementCtx): void {
  const counts = new Map<string, number>();
  for (const { command } of rules) counts.set(command, (counts.get(command) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  if (most <= MAX_RULES_OF_ONE_COMMAND) return;
  const message = `has ${most} rules for one command; write patterns, or at most ${MAX_RULES_OF_ONE_COMMAND}`;
  context.addIssue({ code: 'custom', message });
}

function parseCommand(text: string): ParsedRule<string> {
  if (/[*?]/.test(text)) return { ok: false, problem: 'has a wildcard; write one rule for each command' };
  if (isCommandPath(text)) return { ok: true, rule: text };
  return { ok: false, problem: 'is no absolute path; write the real path of one binary, without ".", ".." or "//"' };
}
