import { createError, showName } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { nameProblem } from './capability-name.js';
import type { CapabilityProblem } from './capability-name.js';
import type { KnownCapabilities } from './capability-registry.js';
import type { Capability } from './parse-capability.js';
import { semver } from './late-semver.js';

/** Grants, parsed: tells whether they cover what is required. */
export interface ParsedGrants {
  /** Those that are exact. Any number of requirements may ask for another. */
  readonly names: readonly string[];
  cover(required: Capability): boolean;
}

/**
 * Parses what a host grants: `fs.read`, `fs.read@1.2.0`, `fs.*` (any depth below `fs`, and not `fs` itself), or `*` as
 * the only entry. Wildcards cover known capabilities alone. Throws `ERR_CONFIG_INVALID` for anything else.
 */
export function parseGrants(granted: readonly string[], known: KnownCapabilities): ParsedGrants {
  const exact = new Map<string, (string | undefined)[]>();
  const prefixes = new Set<string>();
  if (granted.includes('*') && granted.length > 1) throw grantError('*', 'wildcard');
  for (const grant of granted) {
    if (grant === '*' || grant.endsWith('.*')) {
      const prefix = grant === '*' ? '' : grant.slice(0, -1);
      const problem = grant === '*' ? undefined : nameProblem(grant.slice(0, -2));
      if (problem !== undefined) throw grantError(grant, problem);
      prefixes.add(prefix);
    } else {
      const { name, version } = parseGrant(grant);
      exact.set(name, [...(exact.get(name) ?? []), version]);
    }
  }
  return {
    names: [...exact.keys()],
    cover: ({ name, range }) => {
      const provided = known.versionOf(name);
      const versions = (exact.get(name) ?? []).map((version) => version ?? provided);
      if (provided !== undefined && isBelow(name, prefixes)) versions.push(provided);
      return versions.some((version) => range === undefined || satisfies(version, range));
    },
  };
}

function parseGrant(grant: string): { name: string; version: string | undefined } {
  const at = grant.indexOf('@');
  const name = at === -1 ? grant : grant.slice(0, at);
  const version = at === -1 ? undefined : grant.slice(at + 1);
  const problem = nameProblem(name);
  if (problem !== undefined) throw grantError(grant, problem);
  if (version !== undefined && semver().valid(version) !== version) throw grantError(grant, 'bad-version');
  return { name, version };
}

function isBelow(name: string, prefixes: ReadonlySet<string>): boolean {
  if (prefixes.has('')) return true;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    if (prefixes.has(name.slice(0, dot + 1))) return true;
  }
  return false;
}

function satisfies(version: string | undefined, range: string): boolean {
  return version !== undefined && semver().satisfies(version, range);
}

function grantError(grant: string, reason: CapabilityProblem): PluginError {
  return createError('ERR_CONFIG_INVALID', `the granted capability ${showName(grant)} is refused: ${reason}`, {
    details: { capability: showName(grant), reason },
    hint: 'grant "fs.read", "fs.read@1.0.0", "fs.*", or "*" as the only entry',
  });
}
