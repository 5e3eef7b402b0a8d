import { HOST_FUNCTIONS, nearName } from '@kb-labs/contracts';
import { defaultCapabilities } from './capability-registry.js';
import type { KnownCapabilities } from './capability-registry.js';

/** A requirement or a grant that can never bring anything. */
export interface UnknownCapability {
  /** Its place in the list. */
  readonly index: number;
  readonly name: string;
  /** What is wrong with it, and what to write instead. */
  readonly message: string;
}

/** The first segments of the built-in capabilities. What lies below them is not for plugins or hosts to make up. */
const GROUPS: ReadonlySet<string> = new Set(Object.values(HOST_FUNCTIONS).map(groupOf));

/**
 * Finds names such as `fs.raed`, and wildcards that cover nothing, in the groups of the built-in capabilities: what stands there is
 * misspelt, unless the host's registry knows it. Groups of a host's own are free, and what is malformed is not looked at.
 */
export function findUnknownCapabilities(
  names: readonly string[],
  known: KnownCapabilities = defaultCapabilities,
): readonly UnknownCapability[] {
  return names.flatMap((text, index) => {
    const [name = ''] = text.split('@', 1);
    if (!/^[a-z][a-z0-9_.-]*(?:\.\*)?$/.test(name) || name.length > 128) return [];
    const group = groupOf(name);
    if (!GROUPS.has(group) || isKnown(name, known)) return [];
    const inGroup = known.names.filter((other) => groupOf(other) === group);
    const near = nearName(name, inGroup);
    const advice = near === undefined ? `write one of ${inGroup.join(', ')}` : `did you mean ${near}?`;
    const problem = name.endsWith('.*') ? `${name} covers no capability` : `there is no capability ${name}`;
    return [{ index, name, message: `${problem}; ${advice}` }];
  });
}

function isKnown(name: string, known: KnownCapabilities): boolean {
  if (!name.endsWith('.*')) return known.versionOf(name) !== undefined;
  return known.names.some((other) => other.startsWith(name.slice(0, -1)));
}

function groupOf(name: string): string {
  return name.split('.', 1)[0] ?? '';
}
