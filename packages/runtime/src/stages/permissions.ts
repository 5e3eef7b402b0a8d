import type { EffectiveQuotas, PermissionPolicy, PermissionSpec, QuotaMeter } from '@kb-labs/contracts';
import { compilePolicy, createQuotaMeter, intersectPolicies } from '@kb-labs/permissions';
import type { CompilePolicyOptions } from '@kb-labs/permissions';
import { protectedCode } from '../protected-paths.js';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** What one execution may do and use. */
export interface Authority {
  readonly policy: PermissionPolicy;
  /** The specs behind the policy: what the manifest asks for, if there is one, then the grants. All must allow. */
  readonly permissions: readonly PermissionSpec[];
  /** The quotas of the policy, with the shorter timeout where the request asks for one. */
  readonly limits: EffectiveQuotas;
  readonly meter: QuotaMeter;
  /** How many runs may follow one another below this one. */
  readonly depthLeft: number;
}

/** Folders of the runtime: plugins cannot change its code, and cannot see what it keeps. */
export interface ReservedPaths {
  readonly code: readonly string[];
  readonly hidden: readonly string[];
}

/**
 * Compiles manifest asks ∩ host grants; the grant alone where there is no manifest. What a run invokes may do what it asks for and its
 * caller may do, or what the host grants it by name.
 */
export function decideAuthority(job: Job, prepared: Prepared, reserved: ReservedPaths): Authority {
  const { caller } = job;
  const { manifest } = prepared;
  const places = placesOf(job, prepared, reserved);
  const grants = grantsOf(job, (spec) => compilePolicy(spec, { ...places, source: 'grant' }));
  const all =
    manifest === undefined
      ? grants
      : [
          {
            policy: compilePolicy(manifest.permissions, { ...places, source: 'manifest' }),
            specs: [manifest.permissions ?? {}],
          },
          ...grants,
        ];
  const policy = all
    .map((grant) => grant.policy)
    .reduceRight((granted, asked) => intersectPolicies({ asked, granted }));
  const timeoutMs = Math.min(policy.quotas.timeoutMs, job.timeoutMs ?? Number.POSITIVE_INFINITY);
  const limits = Object.freeze({ ...policy.quotas, timeoutMs });
  return {
    policy,
    permissions: Object.freeze(all.flatMap((grant) => grant.specs)),
    limits,
    meter: createQuotaMeter(limits, caller?.meter),
    depthLeft: Math.min(limits.maxInvokeDepth, caller === undefined ? Number.POSITIVE_INFINITY : caller.depthLeft - 1),
  };
}

interface Grant {
  readonly policy: PermissionPolicy;
  readonly specs: readonly PermissionSpec[];
}

function grantsOf(job: Job, compile: (spec: PermissionSpec) => PermissionPolicy): readonly [Grant, ...Grant[]] {
  const { caller, settings, pluginId } = job;
  if (caller === undefined) return [{ policy: compile(settings.permissions), specs: [settings.permissions] }];
  const delegated: Grant = { policy: caller.policy, specs: caller.permissions };
  const callee = settings.callees.get(pluginId);
  if (callee === undefined) return [delegated];
  const own: Grant = { policy: compile(callee.permissions), specs: [callee.permissions] };
  return callee.authority === 'own' ? [own] : [own, delegated];
}

function placesOf(job: Job, prepared: Prepared, reserved: ReservedPaths): Omit<CompilePolicyOptions, 'source'> {
  const { root } = job.settings;
  const { plugin, handler, inputSchema, outputSchema, outputParts } = prepared;
  const modules = [handler, inputSchema, outputSchema, ...outputParts.map((part) => part.schema)];
  const files = modules.flatMap((module) => (module === undefined ? [] : [module.file]));
  const protectedPaths = [...reserved.code, ...protectedCode({ root, pluginRoot: plugin.root, modules: files })];
  return { root, pointer: '/permissions', protectedPaths, hiddenPaths: reserved.hidden };
}
