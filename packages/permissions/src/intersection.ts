import type { DenyReason, PermissionDecision, PermissionPatch, PermissionPolicy } from '@kb-labs/contracts';
import { configError } from './config-error.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';
import type { ParsedRequest } from './parsed-request.js';
import { CompiledPolicy } from './policy.js';
import type { Grounds, PolicyCore } from './policy.js';
import { effectiveQuotas, smallerQuotas } from './quotas.js';

/** Both sides of an intersection: policies of this package for one root and platform. */
export interface IntersectPoliciesOptions {
  /** What the manifest asks for. */
  readonly asked: PermissionPolicy;
  /** What the host grants. */
  readonly granted: PermissionPolicy;
}

const OPTIONS: OptionNames<IntersectPoliciesOptions> = { asked: true, granted: true };

/**
 * Allows what both allow; a deny of either beats both. An allow names the manifest's line, `explain` lists both. Quotas
 * are the smaller, where the manifest's count only if it names them. Throws `ERR_CONFIG_INVALID` for two roots.
 */
export function intersectPolicies(options: IntersectPoliciesOptions): PermissionPolicy {
  assertKnownOptions(options, OPTIONS);
  const { asked, granted } = options;
  const cores = { asked: CompiledPolicy.coreOf(asked), granted: CompiledPolicy.coreOf(granted) };
  if (cores.asked === undefined || cores.granted === undefined) {
    throw configError('ERR_CONFIG_INVALID', [
      { pointer: '', message: 'both must be policies of compilePolicy or intersectPolicies' },
    ]);
  }
  if (cores.asked.root !== cores.granted.root || cores.asked.platform !== cores.granted.platform) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '/root', message: 'both must have one root and platform' }]);
  }
  return new CompiledPolicy(intersectCores(cores.asked, cores.granted));
}

function intersectCores(asked: PolicyCore, granted: PolicyCore): PolicyCore {
  const bindingQuotas = smallerQuotas(asked.bindingQuotas, granted.bindingQuotas);
  return {
    root: granted.root,
    platform: granted.platform,
    bindingQuotas,
    quotas: effectiveQuotas(bindingQuotas),
    rules: { asked: asked.rules, granted: granted.rules },
    decide: (request) => stricter(asked.decide(request), granted.decide(request)),
    ground: (request) => bothGrounds(asked, granted, request),
  };
}

/** Which denial is told where both deny: first what nobody can lift, last what is soonest lifted. */
const RANK: Readonly<Record<DenyReason, number>> = {
  'invalid-request': 0,
  'invalid-path': 0,
  'invalid-url': 0,
  'invalid-name': 0,
  'outside-root': 0,
  'scheme-refused': 0,
  'user-info': 0,
  'port-refused': 0,
  'mandatory-deny': 1,
  'denied-by-rule': 2,
  'not-requested': 3,
  'not-granted': 4,
  'read-only': 5,
  'private-address': 6,
};

function stricter(asked: PermissionDecision, granted: PermissionDecision): PermissionDecision {
  if (granted.allowed) return asked;
  const denied: PermissionDecision =
    granted.reason === 'not-requested' ? Object.freeze({ allowed: false, reason: 'not-granted' }) : granted;
  if (asked.allowed || denied.allowed) return denied;
  return RANK[denied.reason] < RANK[asked.reason] ? denied : asked;
}

function bothGrounds(asked: PolicyCore, granted: PolicyCore, request: ParsedRequest): Grounds {
  const sides = [asked, granted].map((core) => ({ denies: !core.decide(request).allowed, ...core.ground(request) }));
  const patches = sides.filter(({ denies }) => denies).map((side) => side.patches);
  return {
    considered: sides.flatMap(({ considered }) => considered),
    // One side that cannot be lifted makes the other side's patch useless.
    patches: patches.every((list): list is readonly PermissionPatch[] => list !== undefined)
      ? patches.flat()
      : undefined,
  };
}
