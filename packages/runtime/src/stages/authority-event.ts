import { createHash } from 'node:crypto';
import type { ExecutionAuthority } from '@kb-labs/contracts';
import type { Job } from '../request.js';
import type { Authority } from './permissions.js';
import type { Prepared } from './prepare.js';

/** What was decided about one execution before its handler runs. */
export interface Decided {
  readonly job: Job;
  readonly prepared: Prepared;
  readonly authority: Authority;
  readonly functions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes down what an execution may do: names and digests, no values of variables and no places of the host. */
export function describeAuthority({ job, prepared, authority, functions, env }: Decided): ExecutionAuthority {
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
    manifestDigest:
      manifest === undefined ? undefined : createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
    policyDigest: authority.policy.digest,
    permissions: authority.permissions,
    quotas: authority.limits,
    functions,
    env: Object.freeze(Object.keys(env)),
    dryRun: job.dryRun,
  });
}
