import { createError, HOST_FUNCTIONS, showName } from '@kb-labs/contracts';
import type { CapabilityName } from '@kb-labs/contracts';
import { nameProblem } from './capability-name.js';
import { semver } from './late-semver.js';

/** The capabilities that a host knows, each with the version that it provides. Immutable. */
export interface KnownCapabilities {
  /** Sorted. */
  readonly names: readonly string[];
  /** The version that this host provides, or `undefined` for a name that it has never heard of. */
  versionOf(name: string): string | undefined;
}

/** Names to versions. Names of `CapabilityRegistry` in `@kb-labs/contracts` are suggested; any other will do. */
export type CapabilityVersions = { readonly [Name in CapabilityName]?: string };

/** The version of every capability that brings a host function. One that changes in a way that handlers notice gets its own. */
const BUILT_IN_VERSION = '1.0.0';

/**
 * The built-in capabilities, and a host's own beside or instead of them. Throws `ERR_CONFIG_INVALID` for a malformed
 * name, and for a version that is not exact semver (`1.0.0`).
 */
export function createCapabilityRegistry(extra: CapabilityVersions = {}): KnownCapabilities {
  const versions = new Map(Object.values(HOST_FUNCTIONS).map((name) => [name, BUILT_IN_VERSION]));
  for (const [name, version] of Object.entries(extra)) {
    const isExact = version !== undefined && semver().valid(version) === version;
    const problem = nameProblem(name) ?? (isExact ? undefined : 'bad-version');
    if (problem !== undefined || version === undefined) {
      throw createError(
        'ERR_CONFIG_INVALID',
        `the capability ${showName(name)} is refused: ${problem ?? 'bad-version'}`,
        {
          details: { capability: showName(name), reason: problem ?? 'bad-version' },
          hint: 'write a name such as "acme.mail" and an exact version such as "1.0.0"',
        },
      );
    }
    versions.set(name, version);
  }
  return Object.freeze({
    names: Object.freeze([...versions.keys()].toSorted()),
    versionOf: (name: string): string | undefined => versions.get(name),
  });
}

/** What a host provides that adds nothing: every capability of `HOST_FUNCTIONS` in `@kb-labs/contracts`, at 1.0.0. */
export const defaultCapabilities: KnownCapabilities = createCapabilityRegistry();
