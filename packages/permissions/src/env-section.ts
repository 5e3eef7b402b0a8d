import type { EnvPermissionSpec, PatchOperation, PermissionDecision } from '@kb-labs/contracts';
import { parseEnvRule } from './env-rule.js';
import { asWritten } from './fold-name.js';
import { plantPrefixes } from './prefix-tree.js';
import { allowedBy, decideOnce, deniedBy, mandatoryLine, ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';
import { deny, listOf, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';

/** Variables that change what a process loads or trusts, or that write its keys to a file. */
const MANDATORY = ['NODE_*', 'LD_*', 'DYLD_*', 'OPENSSL_*', 'BASH_ENV', 'SSLKEYLOGFILE'].map(mandatoryLine);

/** Compiles the environment rules of one document. An absent section denies all. */
export function compileEnvSection(spec: EnvPermissionSpec | undefined, context: SectionContext): Section<string> {
  const { forAllow, forDeny } = foldsOf(context.platform);
  const allow = compileNames(listOf(spec, 'allow', context), forAllow);
  const denied = compileNames(listOf(spec, 'deny', context), forDeny);
  const mandatory = compileLines(MANDATORY, forDeny);
  const rules: EnvRules = { allow, denied, mandatory, allowedBy: decideOnce(allowedBy) };
  // What the rules themselves spell is decided beforehand: as many names as there are rules, whatever a guest asks for.
  const spelt = [allow, denied, mandatory].flatMap((set) => set.names);
  const decided = new Map(spelt.map((name) => [name, decide(rules, name)]));
  return {
    decide: (name) => decided.get(name) ?? decide(rules, name),
    lines: (name) => [mandatory, denied, allow].flatMap((set) => set.findAll(name)),
    lift: (name) => {
      if (mandatory.find(name) !== undefined) return undefined;
      const missing = allow.find(name) === undefined;
      if (missing && (name.endsWith('*') || !parseEnvRule(name).ok)) return undefined;
      return patch({ spec, context, remove: denied.findAll(name), add: missing ? [name] : [] });
    },
  };
}

interface Folds {
  readonly forAllow: (name: string) => string;
  readonly forDeny: (name: string) => string;
}

/**
 * Windows ignores case in the names of variables; everywhere else `path` and `PATH` are two. Rules are of ASCII letters: to deny, whatever
 * Unicode takes for one of those is one (`ß` is SS); to allow, only the letter itself is, as it is to Windows.
 */
function foldsOf(platform: NodeJS.Platform): Folds {
  if (platform !== 'win32') return { forAllow: asWritten, forDeny: asWritten };
  return {
    forAllow: (name) => name.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase()),
    forDeny: (name) => name.toUpperCase(),
  };
}

interface EnvRules {
  readonly allow: NameSet;
  readonly denied: NameSet;
  readonly mandatory: NameSet;
  readonly allowedBy: (line: RuleLine) => PermissionDecision;
}

function decide(rules: EnvRules, name: string): PermissionDecision {
  const mandatory = rules.mandatory.find(name);
  if (mandatory !== undefined) return deniedBy(mandatory, 'mandatory-deny');
  const denying = rules.denied.find(name);
  if (denying !== undefined) return deniedBy(denying, 'denied-by-rule');
  const allowing = rules.allow.find(name);
  return allowing === undefined ? deny('not-requested') : rules.allowedBy(allowing);
}

interface NameSet {
  /** As the rules spell them. */
  readonly names: readonly string[];
  find(name: string): RuleLine | undefined;
  findAll(name: string): readonly RuleLine[];
}

function compileNames(list: RuleList, fold: (name: string) => string): NameSet {
  return compileLines(ruleLines(list), fold);
}

/** Exact names in a map and prefixes in a tree, so that a question costs a look-up, and a step for each character that a prefix has too. */
function compileLines(lines: readonly RuleLine[], fold: (name: string) => string): NameSet {
  const exact = new Map<string, RuleLine>();
  const prefixes = new Map<string, RuleLine>();
  const names: string[] = [];
  for (const line of lines) {
    const { kind, text } = trusted(parseEnvRule(line.rule));
    const map = kind === 'name' ? exact : prefixes;
    if (kind === 'name') names.push(text);
    if (!map.has(fold(text))) map.set(fold(text), line);
  }
  const tree = plantPrefixes(prefixes);
  return {
    names,
    find: (name) => exact.get(fold(name)) ?? tree.find(fold(name)),
    findAll(name) {
      const line = exact.get(fold(name));
      return [...(line === undefined ? [] : [line]), ...tree.findAll(fold(name))];
    },
  };
}

interface EnvChange {
  readonly spec: EnvPermissionSpec | undefined;
  readonly context: SectionContext;
  readonly remove: readonly RuleLine[];
  readonly add: readonly string[];
}

function patch({ spec, context, remove, add }: EnvChange): readonly PatchOperation[] | undefined {
  return patchSection({ pointer: context.pointer, spec, remove, add, members: {} });
}
