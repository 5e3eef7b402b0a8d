import type { EnvPermissionSpec, PatchOperation, PermissionDecision } from '@kb-labs/contracts';
import { parseEnvRule } from './env-rule.js';
import { allowedBy, deniedBy, mandatoryLine, ruleLines, trusted } from './rule-line.js';
import type { RuleLine, RuleList } from './rule-line.js';
import { deny, listOf, patchSection } from './section.js';
import type { Section, SectionContext } from './section.js';

/** Variables that change what a process loads or trusts, or that write its keys to a file. */
const MANDATORY = ['NODE_*', 'LD_*', 'DYLD_*', 'OPENSSL_*', 'BASH_ENV', 'SSLKEYLOGFILE'];

/** Compiles the environment rules of one document. An absent section denies all. */
export function compileEnvSection(spec: EnvPermissionSpec | undefined, context: SectionContext): Section<string> {
  const { forAllow, forDeny } = foldsOf(context.platform);
  const allow = compileNames(listOf(spec, 'allow', context), forAllow);
  const denied = compileNames(listOf(spec, 'deny', context), forDeny);
  const mandatory = compileLines(MANDATORY.map(mandatoryLine), forDeny);
  return {
    decide: (name) => decide({ allow, denied, mandatory }, name),
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
  const asWritten = (name: string): string => name;
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
}

function decide(rules: EnvRules, name: string): PermissionDecision {
  const mandatory = rules.mandatory.find(name);
  if (mandatory !== undefined) return deniedBy(mandatory, 'mandatory-deny');
  const denying = rules.denied.find(name);
  if (denying !== undefined) return deniedBy(denying, 'denied-by-rule');
  const allowing = rules.allow.find(name);
  return allowing === undefined ? deny('not-requested') : allowedBy(allowing);
}

interface NameSet {
  find(name: string): RuleLine | undefined;
  findAll(name: string): readonly RuleLine[];
}

function compileNames(list: RuleList, fold: (name: string) => string): NameSet {
  return compileLines(ruleLines(list), fold);
}

/** Exact names and prefixes in one map each, so that a question costs as many look-ups as the name has characters. */
function compileLines(lines: readonly RuleLine[], fold: (name: string) => string): NameSet {
  const exact = new Map<string, RuleLine>();
  const prefixes = new Map<string, RuleLine>();
  for (const line of lines) {
    const { kind, text } = trusted(parseEnvRule(line.rule));
    const map = kind === 'name' ? exact : prefixes;
    if (!map.has(fold(text))) map.set(fold(text), line);
  }
  const findAll = (name: string): readonly RuleLine[] => {
    const folded = fold(name);
    const found = [exact.get(folded)];
    if (prefixes.size > 0) {
      for (let length = 2; length <= folded.length; length += 1) found.push(prefixes.get(folded.slice(0, length)));
    }
    return found.filter((line) => line !== undefined);
  };
  return { find: (name) => findAll(name)[0], findAll };
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
