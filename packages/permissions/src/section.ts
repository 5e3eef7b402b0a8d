import type { DenyReason, PatchOperation, PermissionDecision, RuleOrigin } from '@kb-labs/contracts';
import { joinPointer } from './config-error.js';
import type { RuleLine, RuleList } from './rule-line.js';

/** How many rules a list may have. */
export const MAX_RULES = 1000;

/** One kind of permission, compiled: it decides on parsed targets and can tell its grounds. */
export interface Section<Target> {
  decide(target: Target): PermissionDecision;
  /** Every line that has to do with the target, allowing or denying. */
  lines(target: Target): readonly RuleLine[];
  /** What to change in the document so that the target is allowed; `undefined` where no rule can. */
  lift(target: Target): readonly PatchOperation[] | undefined;
}

/** What the sections know about the document that they come from. */
export interface SectionContext {
  readonly source: Exclude<RuleOrigin['source'], 'mandatory'>;
  /** Pointer to the section. */
  readonly pointer: string;
  readonly platform: NodeJS.Platform;
}

/** The lists that every section of texts has. */
export interface SectionLists {
  readonly allow?: readonly string[] | null;
  readonly deny?: readonly string[] | null;
}

/** As `SectionLists`, whatever a rule that allows looks like. */
interface PatchedLists {
  readonly allow?: readonly unknown[] | null;
  readonly deny?: readonly string[] | null;
}

/** One list of a section with its place in the document; an absent one is empty. */
export function listOf(spec: SectionLists | undefined, name: 'allow' | 'deny', context: SectionContext): RuleList {
  return { source: context.source, pointer: joinPointer(context.pointer, name), rules: spec?.[name] ?? [] };
}

/** The denial that no rule gave: one for each reason. */
export function deny<Reason extends DenyReason>(reason: Reason): Denial<Reason> {
  return DENIALS[reason];
}

interface Denial<Reason> {
  readonly allowed: false;
  readonly reason: Reason;
}

const DENIALS: { readonly [Reason in DenyReason]: Denial<Reason> } = {
  'invalid-request': denial('invalid-request'),
  'invalid-path': denial('invalid-path'),
  'invalid-url': denial('invalid-url'),
  'invalid-name': denial('invalid-name'),
  'outside-root': denial('outside-root'),
  'not-requested': denial('not-requested'),
  'not-granted': denial('not-granted'),
  'not-delegated': denial('not-delegated'),
  'denied-by-rule': denial('denied-by-rule'),
  'mandatory-deny': denial('mandatory-deny'),
  'read-only': denial('read-only'),
  'scheme-refused': denial('scheme-refused'),
  'user-info': denial('user-info'),
  'port-refused': denial('port-refused'),
  'private-address': denial('private-address'),
  interpreter: denial('interpreter'),
  'dry-run': denial('dry-run'),
};

function denial<Reason extends DenyReason>(reason: Reason): Denial<Reason> {
  return Object.freeze({ allowed: false, reason });
}

/** What a patch is to bring about in one section. */
export interface Change {
  readonly pointer: string;
  readonly spec: PatchedLists | undefined;
  /** Lines of `deny` that stand in the way. */
  readonly remove: readonly RuleLine[];
  /** Rules that `allow` lacks. */
  readonly add: readonly unknown[];
  /** What a section must hold besides its lists. */
  readonly members: Readonly<Record<string, string>>;
}

/**
 * Writes a change as a JSON patch. `add` of a member also replaces a `null`, as RFC 6902 has it. `undefined` where the
 * list would grow beyond what a spec may have.
 */
export function patchSection({ pointer, spec, remove, add, members }: Change): readonly PatchOperation[] | undefined {
  if ((spec?.allow?.length ?? 0) + add.length > MAX_RULES) return undefined;
  if (spec === undefined) return [{ op: 'add', path: pointer, value: { ...members, allow: add } }];
  const texts = new Set(remove.map(({ rule }) => rule));
  const removals = (spec.deny ?? [])
    .map((rule, index): PatchOperation | undefined =>
      texts.has(rule) ? { op: 'remove', path: joinPointer(pointer, 'deny', index) } : undefined,
    )
    .filter((operation) => operation !== undefined)
    // From the end, so that each pointer still means its rule.
    .toReversed();
  const replaced = Object.entries(members)
    .filter(([name, value]) => Reflect.get(spec, name) !== value)
    .map(([name, value]): PatchOperation => ({ op: 'replace', path: joinPointer(pointer, name), value }));
  return [...removals, ...addRules(joinPointer(pointer, 'allow'), spec.allow, add), ...replaced];
}

function addRules(pointer: string, allow: PatchedLists['allow'], rules: readonly unknown[]): PatchOperation[] {
  if (rules.length === 0) return [];
  if (allow === undefined || allow === null) return [{ op: 'add', path: pointer, value: rules }];
  return rules.map((rule) => ({ op: 'add', path: `${pointer}/-`, value: rule }));
}
