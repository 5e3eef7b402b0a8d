import type { PatchOperation, PermissionDecision, ShellPermissionSpec, ShellRule } from '@kb-labs/contracts';
import { canBeOption, parseArgumentPattern, REST } from './argument-pattern.js';
import { joinPointer } from './config-error.js';
import { isInterpreter } from './interpreters.js';
import { allowedBy, trusted } from './rule-line.js';
import type { RuleLine } from './rule-line.js';
import { shellRule } from './shell-rule-schema.js';
import { deny, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';

/** A command by its real path. `interpreter`: whoever asks has found out that it runs what it is told to. */
export interface ShellQuestion {
  readonly command: string;
  readonly args: readonly string[];
  readonly interpreter: boolean;
}

/** What of a rule a message shows. */
const MAX_SHOWN = 1024;

/** Compiles the commands of one document. An absent section denies all. What is an interpreter runs only where its rule says so. */
export function compileShellSection(
  spec: ShellPermissionSpec | undefined,
  context: SectionContext,
): Section<ShellQuestion> {
  const rulesOf = compileRules(spec?.allow ?? [], context);
  const find = (question: ShellQuestion): readonly CompiledRule[] =>
    rulesOf(question.command).filter(({ fits }) => fits(question.args));
  const findMute = (question: ShellQuestion): readonly CompiledRule[] =>
    runsAnything(question) ? rulesOf(question.command).filter(({ interpreter }) => !interpreter) : [];
  return {
    decide: (question) => decide(question, find(question)) ?? denyMute(findMute(question)),
    lines(question) {
      const matching = find(question);
      return (matching.length > 0 ? matching : findMute(question)).map(({ line }) => line);
    },
    lift: (question) => lift({ spec, context, question, matching: find(question) }),
  };
}

function decide(question: ShellQuestion, matching: readonly CompiledRule[]): PermissionDecision | undefined {
  const [first] = matching;
  if (first === undefined) return undefined;
  if (!runsAnything(question)) return allowedBy(first.line);
  const named = matching.find(({ interpreter }) => interpreter);
  return named === undefined ? denyMute(matching) : allowedBy(named.line);
}

/** A rule of an interpreter that does not say so allows nothing, whatever its arguments are: that is what its author must hear. */
function denyMute([first]: readonly CompiledRule[]): PermissionDecision {
  if (first === undefined) return deny('not-requested');
  return Object.freeze({ allowed: false, reason: 'interpreter', rule: first.line.rule, origin: first.line.origin });
}

function runsAnything({ command, interpreter }: ShellQuestion): boolean {
  return interpreter || isInterpreter(command);
}

interface CompiledRule {
  readonly line: RuleLine;
  readonly interpreter: boolean;
  readonly fits: (args: readonly string[]) => boolean;
}

function compileRules(
  rules: readonly ShellRule[],
  context: SectionContext,
): (command: string) => readonly CompiledRule[] {
  const byCommand = new Map<string, CompiledRule[]>();
  for (const [index, rule] of rules.entries()) {
    const origin = Object.freeze({ source: context.source, pointer: joinPointer(context.pointer, 'allow', index) });
    const compiled: CompiledRule = {
      line: Object.freeze({ rule: ruleTextOf(rule), origin }),
      interpreter: rule.interpreter === true,
      fits: compileArgs(rule.args ?? []),
    };
    byCommand.set(rule.command, [...(byCommand.get(rule.command) ?? []), compiled]);
  }
  return (command) => byCommand.get(command) ?? [];
}

function compileArgs(patterns: readonly string[]): CompiledRule['fits'] {
  const isOpen = patterns.at(-1) === REST;
  const each = (isOpen ? patterns.slice(0, -1) : patterns).map((pattern) => trusted(parseArgumentPattern(pattern)));
  return (args) => {
    if (isOpen ? args.length < each.length : args.length !== each.length) return false;
    return args.every((argument, index) => each[index]?.(argument) ?? !canBeOption(argument));
  };
}

function ruleTextOf({ command, args = [] }: ShellRule): string {
  const text = [command, ...args.map((pattern) => (/^[^\s"'\\]+$/.test(pattern) ? pattern : JSON.stringify(pattern)))];
  const joined = text.join(' ');
  return joined.length > MAX_SHOWN ? `${joined.slice(0, MAX_SHOWN - 1)}…` : joined;
}

interface Lift {
  readonly spec: ShellPermissionSpec | undefined;
  readonly context: SectionContext;
  readonly question: ShellQuestion;
  readonly matching: readonly CompiledRule[];
}

function lift({ spec, context, question, matching }: Lift): readonly PatchOperation[] | undefined {
  const [first] = matching;
  if (first !== undefined) {
    return runsAnything(question) ? [{ op: 'add', path: `${first.line.origin.pointer}/interpreter`, value: true }] : [];
  }
  const rule: ShellRule = {
    command: question.command,
    ...(question.args.length === 0 ? {} : { args: question.args }),
    ...(runsAnything(question) ? { interpreter: true } : {}),
  };
  // No rule says `*` and means that character: a patch would allow more than what was asked.
  const isPlain = !question.args.some((argument) => /[*?]/.test(argument));
  if (!isPlain || !shellRule.safeParse(rule).success) return undefined;
  return patchSection({ pointer: context.pointer, spec, remove: [], add: [rule], members: {} });
}
