import type { EffectiveQuotas, PermissionPolicy, QuotaMeter } from '@kb-labs/contracts';
import { compilePolicy, createQuotaMeter, intersectPolicies } from '@kb-labs/permissions';
import { protectedCode } from '../protected-paths.js';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** What one execution may do and use. */
export interface Authority {
  readonly policy: PermissionPolicy;
  /** The quotas of the policy, with the shorter timeout where the request asks for one. */
  readonly limits: EffectiveQuotas;
  readonly meter: QuotaMeter;
}

/** Compiles manifest asks ∩ host grants; the grant alone where there is no manifest. `reserved` are folders of the runtime. */
export function decideAuthority(job: Job, prepared: Prepared, reserved: readonly string[]): Authority {
  const { root, permissions } = job.settings;
  const { plugin, manifest, handler, inputSchema, outputSchema } = prepared;
  const modules = [handler, inputSchema, outputSchema].flatMap((module) => (module === undefined ? [] : [module.file]));
  const protectedPaths = [...reserved, ...protectedCode({ root, pluginRoot: plugin.root, modules })];
  const granted = compilePolicy(permissions, { root, source: 'grant', pointer: '/permissions', protectedPaths });
  const policy =
    manifest === undefined
      ? granted
      : intersectPolicies({
          asked: compilePolicy(manifest.permissions, {
            root,
            source: 'manifest',
            pointer: '/permissions',
            protectedPaths,
          }),
          granted,
        });
  const timeoutMs = Math.min(policy.quotas.timeoutMs, job.timeoutMs ?? Number.POSITIVE_INFINITY);
  const limits = Object.freeze({ ...policy.quotas, timeoutMs });
  return { policy, limits, meter: createQuotaMeter(limits) };
}
