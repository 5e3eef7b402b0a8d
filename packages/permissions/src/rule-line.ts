import type { PermissionDecision, RuleOrigin } from '@kb-labs/contracts';

/** A rule as its author wrote it, and where it stands. */
export interface RuleLine {
  readonly rule: string;
  readonly origin: RuleOrigin;
}

/** A rule text turned into what a matcher needs, or one sentence on what to write instead. */
export type ParsedRule<Rule> =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly problem: string };

/** Rules of one list, each with its place in the document. */
export interface RuleList {
  readonly source: RuleOrigin['source'];
  /** Pointer to the list itself. */
  readonly pointer: string;
  readonly rules: readonly string[];
}

/** Pairs each rule with its line; duplicates keep the first. */
export function ruleLines(list: RuleList): readonly RuleLine[] {
  const seen = new Set<string>();
  return list.rules.flatMap((rule, index) => {
    if (seen.has(rule)) return [];
    seen.add(rule);
    const origin = Object.freeze({ source: list.source, pointer: `${list.pointer}/${index}` });
    return [Object.freeze({ rule, origin })];
  });
}

/** A line of no document: what a decision names where something built in refuses. */
export function mandatoryLine(rule: string): RuleLine {
  return Object.freeze({ rule, origin: Object.freeze({ source: 'mandatory', pointer: '' }) });
}

/** What a problem-free rule is, for lists that a schema has already let through. */
export function trusted<Rule>(parsed: ParsedRule<Rule>): Rule {
  if (parsed.ok) return parsed.rule;
  throw new TypeError(`a rule passed the schema and not its parser: ${parsed.problem}`);
}

/** Makes the decision of each line when it is first asked for. There are as many as rules, whatever is asked. */
export function decideOnce(decide: (line: RuleLine) => PermissionDecision): (line: RuleLine) => PermissionDecision {
  const made = new Map<RuleLine, PermissionDecision>();
  return (line) => {
    let decision = made.get(line);
    if (decision === undefined) {
      decision = decide(line);
      made.set(line, decision);
    }
    return decision;
  };
}

/** The decision of a rule that allows. */
export function allowedBy(line: RuleLine): PermissionDecision {
  return Object.freeze({ allowed: true, rule: line.rule, origin: line.origin });
}

/** The decision of a rule that denies, of either document or built in. */
export function deniedBy(
  line: RuleLine,
  reason: 'denied-by-rule' | 'mandatory-deny' | 'read-only',
): PermissionDecision {
  return Object.freeze({ allowed: false, reason, rule: line.rule, origin: line.origin });
}
