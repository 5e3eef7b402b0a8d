import type { InvokePermissionSpec, InvokeTarget, PermissionDecision } from '@kb-labs/contracts';
import { parseInvokeRule } from './invoke-rule.js';
import type { InvokeRule } from './invoke-rule.js';
import { canonicalRange } from './invoke-target.js';
import { allowedBy, deniedBy, ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';
import { deny, listOf, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';
import { semver } from './late-semver.js';

/** A handler of another plugin, and the version that was found, or `undefined` before one is looked for. */
export interface InvokeQuestion {
  readonly target: InvokeTarget;
  readonly version: string | undefined;
}

/**
 * Compiles the rules about invoking others. An absent section denies all. Before a version is known, a rule with a range allows, and
 * does not deny: whoever asks then asks again when it is known, and only that answer lets anything run.
 */
export function compileInvokeSection(
  spec: InvokePermissionSpec | undefined,
  context: SectionContext,
): Section<InvokeQuestion> {
  const allow = compileRules(listOf(spec, 'allow', context), 'allow');
  const denied = compileRules(listOf(spec, 'deny', context), 'deny');
  return {
    decide: (question) => decide(allow(question)[0], denied(question)[0]),
    lines: (question) => [...denied(question), ...allow(question)],
    lift(question) {
      const add = allow(question).length > 0 ? [] : [narrowRule(question)];
      return patchSection({ pointer: context.pointer, spec, remove: denied(question), add, members: {} });
    },
  };
}

function decide(allowing: RuleLine | undefined, denying: RuleLine | undefined): PermissionDecision {
  if (denying !== undefined) return deniedBy(denying, 'denied-by-rule');
  return allowing === undefined ? deny('not-requested') : allowedBy(allowing);
}

type Find = (question: InvokeQuestion) => readonly RuleLine[];

interface Candidate {
  readonly line: RuleLine;
  readonly handler: string | undefined;
  readonly covers: (version: string | undefined) => boolean;
}

/** One list by plugin and by scope, so that rules about others cost a question nothing. */
function compileRules(list: RuleList, meaning: 'allow' | 'deny'): Find {
  const byPlugin = new Map<string, Candidate[]>();
  for (const line of ruleLines(list)) {
    const rule = trusted(parseInvokeRule(line.rule));
    const candidate = { line, handler: rule.handler, covers: compileRange(rule, meaning) };
    byPlugin.set(rule.plugin, [...(byPlugin.get(rule.plugin) ?? []), candidate]);
  }
  return ({ target, version }) => {
    const scope = `${target.pluginId.split('/', 1)[0] ?? ''}/*`;
    return [...(byPlugin.get(target.pluginId) ?? []), ...(byPlugin.get(scope) ?? [])]
      .filter(({ handler, covers }) => (handler === undefined || handler === target.handler) && covers(version))
      .map(({ line }) => line);
  };
}

function compileRange({ range }: InvokeRule, meaning: 'allow' | 'deny'): Candidate['covers'] {
  if (range === undefined) return () => true;
  // A prerelease is in no range that allows unless it says so, and in every one that denies.
  const compiled = new (semver().Range)(range, { includePrerelease: meaning === 'deny' });
  return (version) => (version === undefined ? meaning === 'allow' : compiled.test(version));
}

/** The rule that allows this question and least besides. */
function narrowRule({ target, version }: InvokeQuestion): string {
  const { pluginId, range, handler } = target;
  const isInRange = version === undefined || semver().satisfies(version, range);
  return canonicalRange(range) !== '*' && isInRange ? `${pluginId}@${range}:${handler}` : `${pluginId}:${handler}`;
}
