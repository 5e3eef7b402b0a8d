import type { SandboxPlan } from '@kb-labs/contracts';

/**
 * Names all that is fixed when a child starts. Only plans of one key may get the same child: one plugin in one version and folder, with one
 * policy, one isolation, one environment and one set of limits. It holds granted variables, so it is told to nobody.
 */
export function childKeyOf({ plugin, policyDigest, isolation, env, limits }: SandboxPlan): string {
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
