import type { EffectiveQuotas, PermissionPolicy, PermissionSpec, QuotaMeter } from '@kb-labs/contracts';
import type { RuleDocument } from '@kb-labs/host-api';
import { compilePolicy, createQuotaMeter, delegatePolicy, intersectPolicies } from '@kb-labs/permissions';
import type { CompilePolicyOptions } from '@kb-labs/permissions';
import { protectedCode } from '../protected-paths.js';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** What one execution may do and use. */
export interface Authority {
  readonly policy: PermissionPolicy;
  /** The specs behind the policy: what the manifest asks for, if there is one, then the grants. All must allow. */
  readonly permissions: readonly PermissionSpec[];
  /** What those specs stand in, in the same order. */
  readonly documents: readonly RuleDocument[];
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
  const { policy, documents } = decideGrant(job, prepared, placesOf(job, prepared, reserved));
  const timeoutMs = Math.min(policy.quotas.timeoutMs, job.timeoutMs ?? Number.POSITIVE_INFINITY);
  const limits = Object.freeze({ ...policy.quotas, timeoutMs });
  return {
    policy,
    permissions: Object.freeze(documents.map(({ permissions = {} }) => permissions)),
    documents,
    limits,
    meter: createQuotaMeter(limits, caller?.meter),
    depthLeft: Math.min(limits.maxInvokeDepth, caller === undefined ? Number.POSITIVE_INFINITY : caller.depthLeft - 1),
  };
}

interface Grant {
  readonly policy: PermissionPolicy;
  readonly documents: readonly RuleDocument[];
}

const POINTER = '/permissions';

function decideGrant({ caller, settings, pluginId }: Job, { manifest }: Prepared, places: Places): Grant {
  const granted = (spec: PermissionSpec): Grant => ({
    policy: compilePolicy(spec, { ...places, source: 'grant' }),
    documents: [{ document: 'grant', pointer: POINTER, permissions: spec }],
  });
  const asked = (): Grant => ({
    policy: compilePolicy(manifest?.permissions, { ...places, source: 'manifest' }),
    documents: [{ document: 'manifest', pointer: POINTER, permissions: manifest?.permissions }],
  });
  if (caller === undefined) {
    const grant = granted(settings.permissions);
    return manifest === undefined ? grant : both(asked(), grant);
  }
  const callee = settings.callees.get(pluginId);
  const own = callee === undefined ? asked() : both(asked(), granted(callee.permissions));
  if (callee?.authority === 'own') return own;
  const policy = delegatePolicy({ callee: own.policy, caller: caller.policy });
  const others = caller.permissions.map((permissions): RuleDocument => ({
    document: 'caller',
    pointer: POINTER,
    permissions,
  }));
  return { policy, documents: [...own.documents, ...others] };
}

function both(asked: Grant, granted: Grant): Grant {
  const policy = intersectPolicies({ asked: asked.policy, granted: granted.policy });
  return { policy, documents: [...asked.documents, ...granted.documents] };
}

type Places = Omit<CompilePolicyOptions, 'source'>;

function placesOf(job: Job, prepared: Prepared, reserved: ReservedPaths): Places {
  const { root } = job.settings;
  const { plugin, handler, inputSchema, outputSchema, outputParts, installedCode } = prepared;
  const modules = [handler, inputSchema, outputSchema, ...outputParts.map((part) => part.schema)];
  const files = modules.flatMap((module) => (module === undefined ? [] : [module.file]));
  const ownCode = protectedCode({ root, pluginRoot: plugin.root, modules: files });
  const protectedPaths = [...reserved.code, ...installedCode, ...ownCode];
  return { root, pointer: POINTER, protectedPaths, hiddenPaths: reserved.hidden };
}
