import { createHash } from 'node:crypto';
import type { ExecutionAuthority, PluginManifest } from '@kb-labs/contracts';
import type { Job } from '../request.js';
import type { Authority } from './permissions.js';
import type { Prepared } from './prepare.js';

/** What was decided about one execution before its handler runs. */
interface Decided {
  readonly job: Job;
  readonly prepared: Prepared;
  readonly authority: Authority;
  readonly functions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes down what an execution may do: names and digests, no values of variables and no places of the host. */
export type AuthorityDescriber = (decided: Decided) => ExecutionAuthority;

/** Makes the writer of one runtime. It makes one digest of each manifest, which is frozen. */
export function createAuthorityDescriber(): AuthorityDescriber {
  const digests = new WeakMap<PluginManifest, string>();
  return (decided) => {
    const { manifest } = decided.prepared;
    if (manifest === undefined) return describeAuthority(decided, undefined);
    const digest = digests.get(manifest) ?? createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
    digests.set(manifest, digest);
    return describeAuthority(decided, digest);
  };
}

function describeAuthority(
  { job, prepared, authority, functions, env }: Decided,
  manifestDigest: string | undefined,
): ExecutionAuthority {
  const { plugin, manifest, declaration } = prepared;
  return Object.freeze({
    plugin: Object.freeze({ id: plugin.id, version: plugin.version }),
    handler: declaration.handler,
    inputSchema: declaration.input,
    outputSchema: declaration.output,
    outputParts: Object.freeze(
      (manifest?.artifacts ?? []).flatMap(({ schema, from = '' }) =>
        schema === undefined ? [] : [Object.freeze({ pointer: from, schema })],
      ),
    ),
    manifestDigest,
    policyDigest: authority.policy.digest,
    permissions: authority.permissions,
    quotas: authority.limits,
    functions,
    env: Object.freeze(Object.keys(env)),
    dryRun: job.dryRun,
  });
}
