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

/** Folders of the runtime: plugins cannot change its code, and cannot see what it keeps. */
export interface ReservedPaths {
  readonly code: readonly string[];
  readonly hidden: readonly string[];
}

/** Compiles manifest asks ∩ host grants; the grant alone where there is no manifest. */
export function decideAuthority(job: Job, prepared: Prepared, reserved: ReservedPaths): Authority {
  const { root, permissions } = job.settings;
  const { plugin, manifest, handler, inputSchema, outputSchema } = prepared;
  const modules = [handler, inputSchema, outputSchema].flatMap((module) => (module === undefined ? [] : [module.file]));
  const protectedPaths = [...reserved.code, ...protectedCode({ root, pluginRoot: plugin.root, modules })];
  const places = { root, pointer: '/permissions', protectedPaths, hiddenPaths: reserved.hidden };
  const granted = compilePolicy(permissions, { ...places, source: 'grant' });
  const policy =
    manifest === undefined
      ? granted
      : intersectPolicies({
          asked: compilePolicy(manifest.permissions, { ...places, source: 'manifest' }),
          granted,
        });
  const timeoutMs = Math.min(policy.quotas.timeoutMs, job.timeoutMs ?? Number.POSITIVE_INFINITY);
  const limits = Object.freeze({ ...policy.quotas, timeoutMs });
  return { policy, limits, meter: createQuotaMeter(limits) };
}
