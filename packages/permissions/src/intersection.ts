import type { DenyReason, PermissionDecision, PermissionPatch, PermissionPolicy } from '@kb-labs/contracts';
import { configError } from './config-error.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';
import type { ParsedRequest } from './parsed-request.js';
import { CompiledPolicy } from './policy.js';
import type { Grounds, PolicyCore } from './policy.js';
import { effectiveQuotas, smallerQuotas } from './quotas.js';
import { deny } from './section.js';

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
  return new CompiledPolicy(intersectCores(...coresOf(options.asked, options.granted)));
}

function intersectCores(asked: PolicyCore, granted: PolicyCore): PolicyCore {
  const bindingQuotas = smallerQuotas(asked.bindingQuotas, granted.bindingQuotas);
  return {
    root: granted.root,
    platform: granted.platform,
    plainRoot: granted.plainRoot,
    bindingQuotas,
    quotas: effectiveQuotas(bindingQuotas),
    rules: () => ({ asked: asked.rules(), granted: granted.rules() }),
    decide: (request) => stricter(asked.decide(request), granted.decide(request)),
    ground: (request) => bothGrounds(asked, granted, request),
  };
}

/** Both sides of a delegation: policies of this package for one root and platform. */
export interface DelegatePolicyOptions {
  /** What the plugin that was invoked may do by itself. */
  readonly callee: PermissionPolicy;
  /** What the plugin that invoked it may do. */
  readonly caller: PermissionPolicy;
}

const DELEGATE_OPTIONS: OptionNames<DelegatePolicyOptions> = { callee: true, caller: true };

/**
 * Allows what callee and caller both allow. Lines, origins and patches are the callee's alone; what only the caller keeps from it is
 * `not-delegated`, since its documents are others. Quotas are the smaller. Throws `ERR_CONFIG_INVALID` for two roots.
 */
export function delegatePolicy(options: DelegatePolicyOptions): PermissionPolicy {
  assertKnownOptions(options, DELEGATE_OPTIONS);
  const [callee, caller] = coresOf(options.callee, options.caller);
  const bindingQuotas = smallerQuotas(callee.bindingQuotas, caller.bindingQuotas);
  const mayCaller = (request: ParsedRequest): boolean => caller.decide(request).allowed;
  return new CompiledPolicy({
    root: callee.root,
    platform: callee.platform,
    plainRoot: callee.plainRoot,
    bindingQuotas,
    quotas: effectiveQuotas(bindingQuotas),
    rules: () => ({ callee: callee.rules(), caller: caller.rules() }),
    decide(request) {
      const decision = callee.decide(request);
      return decision.allowed && !mayCaller(request) ? deny('not-delegated') : decision;
    },
    ground(request) {
      const { considered, patches } = callee.ground(request);
      return { considered, patches: mayCaller(request) ? patches : undefined };
    },
  });
}

function coresOf(one: PermissionPolicy, other: PermissionPolicy): readonly [PolicyCore, PolicyCore] {
  const cores = [CompiledPolicy.coreOf(one), CompiledPolicy.coreOf(other)] as const;
  if (cores[0] === undefined || cores[1] === undefined) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '', message: 'both must be policies that this package made' }]);
  }
  if (cores[0].root !== cores[1].root || cores[0].platform !== cores[1].platform) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '/root', message: 'both must have one root and platform' }]);
  }
  return [cores[0], cores[1]];
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
  'not-delegated': 5,
  'read-only': 6,
  interpreter: 7,
  'private-address': 8,
  // Told by the host function, never by a policy.
  'dry-run': 9,
};

function stricter(asked: PermissionDecision, granted: PermissionDecision): PermissionDecision {
  if (granted.allowed) return asked;
  const denied = granted.reason === 'not-requested' ? deny('not-granted') : granted;
  if (asked.allowed) return denied;
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
