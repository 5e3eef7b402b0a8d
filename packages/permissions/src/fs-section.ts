import { posix, win32 } from 'node:path';
import type { FsOperation, FsPermissionSpec, PermissionDecision } from '@kb-labs/contracts';
import { joinPointer } from './config-error.js';
import { foldForAllow, foldForDeny } from './fold-name.js';
import { parseFsRule } from './fs-rule.js';
import { compileFsRules } from './fs-rule-set.js';
import type { FsRuleEntry, FsRuleSet } from './fs-rule-set.js';
import type { Reach } from './glob-tree.js';
import { compileMandatoryFs } from './mandatory-fs.js';
import type { MandatoryFs } from './mandatory-fs.js';
import { TooDearError } from './match-steps.js';
import type { PathNames } from './path-names.js';
import { allowedBy, decideOnce, deniedBy, mandatoryLine, ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';
import { deny, listOf, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';

/** A path and what is to be done with it. */
export interface FsTarget {
  readonly operation: FsOperation;
  /** Below the root; `undefined` where the path lies outside it. */
  readonly names: PathNames | undefined;
  /** Whether the path is as `plainStart` has it. */
  readonly isPlain: boolean;
}

/** What the file rules know besides their document: all paths are absolute. */
export interface FsSectionContext extends SectionContext {
  readonly root: string;
  readonly protectedPaths: readonly string[];
  readonly hiddenPaths: readonly string[];
}

/** Compiles the file rules of one document. An absent section denies all. */
export function compileFsSection(spec: FsPermissionSpec | undefined, context: FsSectionContext): Section<FsTarget> {
  const rules: FsRules = {
    allow: compileFsRules(entriesOf(listOf(spec, 'allow', context)), foldForAllow(context.platform)),
    deny: compileFsRules(entriesOf(listOf(spec, 'deny', context)), foldForDeny(context.platform)),
    mandatory: compileMandatoryFs(foldForDeny(context.platform)),
    protected: compilePaths(context.protectedPaths, context),
    hidden: compilePaths(context.hiddenPaths, context),
    readOnly: spec?.mode === 'readWrite' ? undefined : modeLine(context),
    allowedBy: decideOnce(allowedBy),
    deniedBy: decideOnce((line) => deniedBy(line, 'denied-by-rule')),
  };
  return {
    decide: (target) => decide(rules, target),
    lines: (target) => tell(() => linesOf(rules, target), []),
    lift: (target) => tell(() => lift({ rules, target, spec, context }), undefined),
  };
}

interface FsRules {
  readonly allow: FsRuleSet;
  readonly deny: FsRuleSet;
  readonly mandatory: MandatoryFs;
  readonly protected: FsRuleSet;
  readonly hidden: FsRuleSet;
  readonly readOnly: RuleLine | undefined;
  readonly allowedBy: (line: RuleLine) => PermissionDecision;
  readonly deniedBy: (line: RuleLine) => PermissionDecision;
}

function entriesOf(list: RuleList): readonly FsRuleEntry[] {
  return ruleLines(list).map((line) => ({ line, rule: trusted(parseFsRule(line.rule)) }));
}

function modeLine({ source, pointer }: SectionContext): RuleLine {
  return Object.freeze({
    rule: 'mode: read',
    origin: Object.freeze({ source, pointer: joinPointer(pointer, 'mode') }),
  });
}

/** Absolute paths as rules relative to the root; one that holds the root covers all of it. */
function compilePaths(paths: readonly string[], { root, platform }: FsSectionContext): FsRuleSet {
  const fold = foldForDeny(platform);
  const { resolve, sep } = platform === 'win32' ? win32 : posix;
  const namesOf = (path: string): string[] => resolve(path).split(sep).filter(Boolean).map(fold);
  const base = namesOf(root);
  const entries = paths.flatMap((path): FsRuleEntry[] => {
    const names = namesOf(path);
    if (names.every((name, index) => index >= base.length || name === base[index])) {
      return [pathEntry(names.slice(base.length))];
    }
    return [];
  });
  return compileFsRules(entries, fold);
}

function pathEntry(segments: readonly string[]): FsRuleEntry {
  const line = mandatoryLine(segments.length === 0 ? '.' : segments.join('/'));
  return { line, rule: { kind: 'entry', segments } };
}

/** Rules and a path that take too long to compare are a no. */
function decide(rules: FsRules, target: FsTarget): PermissionDecision {
  try {
    return compare(rules, target);
  } catch (error) {
    if (error instanceof TooDearError) return deny('invalid-path');
    throw error;
  }
}

/** What there is to tell of a path that is not too dear to compare. */
function tell<Told>(work: () => Told, otherwise: Told): Told {
  try {
    return work();
  } catch (error) {
    if (error instanceof TooDearError) return otherwise;
    throw error;
  }
}

function compare(rules: FsRules, target: FsTarget): PermissionDecision {
  const { operation, names } = target;
  if (names === undefined) return deny('outside-root');
  const mandatory = findMandatory(rules, target, names);
  if (mandatory !== undefined) return deniedBy(mandatory, 'mandatory-deny');
  const denying = findDeny(rules.deny, names, operation);
  if (denying !== undefined) return rules.deniedBy(denying);
  const allowing = rules.allow.find(names, reachOfAllow(operation));
  if (allowing === undefined) return deny('not-requested');
  if (rules.readOnly !== undefined && changes(operation)) return deniedBy(rules.readOnly, 'read-only');
  return rules.allowedBy(allowing);
}

/** What no document can lift. */
function findMandatory(rules: FsRules, { operation, isPlain }: FsTarget, names: PathNames): RuleLine | undefined {
  // The built-in lines refuse a plain path nothing but its deletion.
  const builtIn = isPlain && operation !== 'delete' ? undefined : rules.mandatory(names.all, operation);
  const line = builtIn ?? findDeny(rules.hidden, names, operation);
  return line === undefined && changes(operation) ? findDeny(rules.protected, names, operation) : line;
}

/** To delete a folder is to delete what is in it, so a rule below denies it too. */
function findDeny(set: FsRuleSet, names: PathNames, operation: FsOperation): RuleLine | undefined {
  const line = set.find(names, reachOfDeny(operation));
  return line === undefined && operation === 'delete' ? set.findBelow(names) : line;
}

function changes(operation: FsOperation): boolean {
  return operation === 'write' || operation === 'delete';
}

/** A folder may be listed where a glob could match below it; what the listing then shows is asked name by name. */
function reachOfAllow(operation: FsOperation): Reach {
  return operation === 'list' ? 'holding' : reachOfDeny(operation);
}

function reachOfDeny(operation: FsOperation): Reach {
  return operation === 'list' || operation === 'stat' ? 'opened' : 'exact';
}

function linesOf(rules: FsRules, target: FsTarget): readonly RuleLine[] {
  const { operation, names } = target;
  if (names === undefined) return [];
  const mandatory = findMandatory(rules, target, names);
  const denying = allDenying(rules.deny, names, operation);
  const mode = rules.readOnly !== undefined && changes(operation) ? [rules.readOnly] : [];
  return [
    ...(mandatory === undefined ? [] : [mandatory]),
    ...denying,
    ...rules.allow.findAll(names, reachOfAllow(operation)),
    ...mode,
  ];
}

function allDenying(set: FsRuleSet, names: PathNames, operation: FsOperation): readonly RuleLine[] {
  const lines = set.findAll(names, reachOfDeny(operation));
  return operation === 'delete' ? [...new Set([...lines, ...set.findAllBelow(names)])] : lines;
}

interface LiftRequest {
  readonly rules: FsRules;
  readonly target: FsTarget;
  readonly spec: FsPermissionSpec | undefined;
  readonly context: FsSectionContext;
}

function lift({ rules, target, spec, context }: LiftRequest): ReturnType<Section<FsTarget>['lift']> {
  const { operation, names } = target;
  if (names === undefined || findMandatory(rules, target, names) !== undefined) return undefined;
  const rule = ruleFor(names.all);
  const missing = rules.allow.find(names, reachOfAllow(operation)) === undefined;
  if (missing && !parseFsRule(rule).ok) return undefined;
  const mode = changes(operation) || spec?.mode === 'readWrite' ? 'readWrite' : 'read';
  const remove = allDenying(rules.deny, names, operation);
  return patchSection({ pointer: context.pointer, spec, remove, add: missing ? [rule] : [], members: { mode } });
}

/** The narrowest rule that covers a path; a character that rules do not take becomes `?`. */
function ruleFor(segments: readonly string[]): string {
  if (segments.length === 0) return '.';
  const rule = segments.map((segment) => segment.replaceAll(/[[\]{}*?!\\(]/g, '?')).join('/');
  return /^(?:~|[a-z]:)/i.test(rule) ? `./${rule}` : rule;
}
