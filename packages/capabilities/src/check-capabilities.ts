import { createError, plainName } from '@kb-labs/contracts';
import type { CapabilityCheck, CapabilityName } from '@kb-labs/contracts';
import { parseGrants } from './capability-grants.js';
import type { ParsedGrants } from './capability-grants.js';
import type { CapabilityProblem } from './capability-name.js';
import { defaultCapabilities } from './capability-registry.js';
import type { KnownCapabilities } from './capability-registry.js';
import { readCapability } from './parse-capability.js';

const MAX_NAMES = 1000;
// A name, `@` and a range at their longest.
const MAX_UNITS = 385;

/** What a host grants, compiled. Immutable, and changes of the lists that it came from change nothing. */
export interface CompiledGrants {
  /** Whether it covers one requirement, `name` or `name@range`. False for a malformed one. */
  covers(required: string): boolean;
  /** As `checkCapabilities`. */
  check(required: readonly CapabilityName[]): CapabilityCheck;
}

/**
 * Compiles what a host grants, for many questions. Throws `ERR_CONFIG_INVALID` for a malformed grant, and for what is no list of up to
 * 1000 short strings.
 */
export function compileGrants(
  granted: readonly string[],
  known: KnownCapabilities = defaultCapabilities,
): CompiledGrants {
  const grants = parseGrants([...new Set(copyNames(granted, 'granted'))], known);
  const decide = decideBy(grants);
  // Answers are kept for the names that the host itself knows or grants, and for no other that a plugin may ask for.
  const answers = new Map<string, boolean | undefined>();
  for (const name of [...known.names, ...grants.names]) answers.set(name, undefined);
  const covers = (text: string): boolean => {
    const answer = answers.get(text);
    if (answer !== undefined) return answer;
    const decided = decide(text);
    if (answers.has(text)) answers.set(text, decided);
    return decided;
  };
  return Object.freeze({
    covers,
    check: (required: readonly CapabilityName[]) => split([...new Set(copyNames(required, 'required'))], covers),
  });
}

/**
 * Splits what a plugin requires into what is granted and what is missing, once each. A malformed requirement is missing.
 * Throws `ERR_CONFIG_INVALID` for a malformed grant, and for lists that are no lists of up to 1000 short strings. Compiles the grants
 * each time, so many questions want `compileGrants`.
 */
export function checkCapabilities(
  required: readonly CapabilityName[],
  granted: readonly string[],
  known: KnownCapabilities = defaultCapabilities,
): CapabilityCheck {
  const wanted = [...new Set(copyNames(required, 'required'))];
  const grants = parseGrants([...new Set(copyNames(granted, 'granted'))], known);
  return split(wanted, decideBy(grants));
}

function decideBy(grants: ParsedGrants): (required: unknown) => boolean {
  return (required) => {
    const result = readCapability(required);
    return result.ok && grants.cover(result.capability);
  };
}

function split(wanted: readonly string[], covers: (text: string) => boolean): CapabilityCheck {
  const granted: string[] = [];
  const missing: string[] = [];
  for (const text of wanted) (covers(text) ? granted : missing).push(text);
  return Object.freeze({ granted: Object.freeze(granted), missing: Object.freeze(missing) });
}

/** A name that is none, as short printable text, and why. */
export interface InvalidCapability {
  readonly name: string;
  readonly reason: CapabilityProblem;
}

/** The strings of a list, sorted out; both keep the order of the list. */
export interface CapabilityNames {
  readonly valid: readonly string[];
  readonly invalid: readonly InvalidCapability[];
}

/**
 * Sorts out which strings a manifest may require: `name` or `name@range`, no wildcards. Throws `ERR_CONFIG_INVALID` for
 * more than 1000 entries or no list at all, and for nothing that stands in the list.
 */
export function validateCapabilityNames(names: readonly unknown[]): CapabilityNames {
  checkList(names, 'names');
  const read = Array.from(names, (text) => ({ text, result: readCapability(text) }));
  const valid = read.flatMap(({ text, result }) => (result.ok && typeof text === 'string' ? [text] : []));
  const invalid = read.flatMap(({ text, result }) =>
    result.ok ? [] : [Object.freeze({ name: plainName(text), reason: result.reason })],
  );
  return Object.freeze({ valid: Object.freeze(valid), invalid: Object.freeze(invalid) });
}

function checkList(list: unknown, what: string): void {
  if (Array.isArray(list) && list.length <= MAX_NAMES) return;
  throw createError('ERR_CONFIG_INVALID', `${what} must be a list of at most ${MAX_NAMES} capabilities`, {
    details: { list: what },
  });
}

function copyNames(list: readonly unknown[], what: string): readonly string[] {
  checkList(list, what);
  return Array.from(list, (text, index) => {
    if (typeof text === 'string' && text.length <= MAX_UNITS) return text;
    throw createError('ERR_CONFIG_INVALID', `${what}[${index}] must be a string of at most ${MAX_UNITS} characters`, {
      details: { list: what, index },
    });
  });
}
