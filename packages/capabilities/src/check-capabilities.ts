import { createError, plainName } from '@kb-labs/contracts';
import type { CapabilityCheck, CapabilityName } from '@kb-labs/contracts';
import { compileGrants } from './capability-grants.js';
import type { CapabilityProblem } from './capability-name.js';
import { defaultCapabilities } from './capability-registry.js';
import type { KnownCapabilities } from './capability-registry.js';
import { readCapability } from './parse-capability.js';

const MAX_NAMES = 1000;
// A name, `@` and a range at their longest.
const MAX_UNITS = 385;

/**
 * Splits what a plugin requires into what is granted and what is missing, once each. A malformed requirement is missing.
 * Throws `ERR_CONFIG_INVALID` for a malformed grant, and for lists that are no lists of up to 1000 short strings.
 */
export function checkCapabilities(
  required: readonly CapabilityName[],
  granted: readonly string[],
  known: KnownCapabilities = defaultCapabilities,
): CapabilityCheck {
  const wanted = [...new Set(copyNames(required, 'required'))];
  const grants = compileGrants([...new Set(copyNames(granted, 'granted'))], known);
  const isGranted = (text: string): boolean => {
    const result = readCapability(text);
    return result.ok && grants.cover(result.capability);
  };
  return Object.freeze({
    granted: Object.freeze(wanted.filter(isGranted)),
    missing: Object.freeze(wanted.filter((text) => !isGranted(text))),
  });
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
