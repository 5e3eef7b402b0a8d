import type { SandboxLimits, SandboxPlan } from '@kb-labs/contracts';

type KeyParts = Pick<SandboxPlan, 'plugin' | 'policyDigest' | 'isolation' | 'env' | 'limits'>;

/**
 * Makes the namer of one adapter, which remembers the last name of each set of limits. Only where they, the plugin and the variables are the same frozen
 * objects again: these are the host's own, and a guest has none of them, so that it can neither fill nor change what is remembered.
 */
export function createChildKeys(): (plan: KeyParts) => string {
  const known = new WeakMap<SandboxLimits, { readonly parts: KeyParts; readonly key: string }>();
  return ({ plugin, policyDigest, isolation, env, limits }) => {
    const parts = { plugin, policyDigest, isolation, env, limits };
    const last = known.get(limits);
    if (last !== undefined && isSame(last.parts, parts)) return last.key;
    const key = childKeyOf(parts);
    // What is frozen, and holds text and numbers alone, is what it was.
    if ([plugin, env, limits].every(Object.isFrozen)) {
      known.set(limits, { parts: { ...parts, isolation: { ...isolation } }, key });
    }
    return key;
  };
}

function isSame(last: KeyParts, { plugin, policyDigest, isolation, env, limits }: KeyParts): boolean {
  if (last.plugin !== plugin || last.env !== env || last.limits !== limits) return false;
  return last.policyDigest === policyDigest && isSameIsolation(last.isolation, isolation);
}

function isSameIsolation(last: SandboxPlan['isolation'], next: SandboxPlan['isolation']): boolean {
  if (last.kind === 'execution' || next.kind === 'execution') return last.kind === next.kind;
  return last.tenant === next.tenant && last.reentrant === next.reentrant;
}

/**
 * Names all that is fixed when a child starts. Only plans of one key may get the same child: one plugin in one version and folder, with one
 * policy, one isolation, one environment and one set of limits. It holds granted variables, so it is told to nobody.
 */
export function childKeyOf({ plugin, policyDigest, isolation, env, limits }: KeyParts): string {
  const { id, version, root } = plugin;
  const { memoryMb, maxOutputBytes, maxResultBytes, maxInFlight, graceMs } = limits;
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    id,
    version,
    root,
    policyDigest,
    isolation,
    variables,
    memoryMb,
    maxOutputBytes,
    maxResultBytes,
    maxInFlight,
    graceMs,
  ]);
}
