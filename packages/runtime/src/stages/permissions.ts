import type { EffectiveQuotas, PermissionPolicy, PermissionSpec, QuotaMeter, SandboxLimits } from '@kb-labs/contracts';
import type { RuleDocument } from '@kb-labs/host-api';
import { compilePolicy, createQuotaMeter, delegatePolicy, intersectPolicies } from '@kb-labs/permissions';
import type { CompilePolicyOptions } from '@kb-labs/permissions';
import { protectedCode } from '../protected-paths.js';
import type { Caller } from '../caller.js';
import type { ContextSettings } from '../context.js';
import { unusedQuotas } from '../receipt.js';
import type { UnusedQuotas } from '../receipt.js';
import type { Job } from '../request.js';
import type { Prepared } from './prepare.js';

/** What a handler may do and use under one context, in each of its runs. */
interface Terms {
  readonly policy: PermissionPolicy;
  /** The specs behind the policy: what the manifest asks for, if there is one, then the grants. All must allow. */
  readonly permissions: readonly PermissionSpec[];
  /** What those specs stand in, in the same order. */
  readonly documents: readonly RuleDocument[];
  /** The quotas of the policy, with the shorter timeout where the request asks for one. */
  readonly limits: EffectiveQuotas;
  /** What a sandbox keeps of them, and the grace. */
  readonly sandboxLimits: SandboxLimits;
  /** How much of what is counted call by call a run has used that made no call. */
  readonly unused: UnusedQuotas;
}

/** What one execution may do and use. */
export interface Authority extends Terms {
  /** Made for the first who asks. */
  readonly meter: QuotaMeter;
  /** `undefined` where nobody has asked for the meter, so that nothing was used. */
  readonly meterInUse: QuotaMeter | undefined;
  /** How many runs may follow one another below this one. */
  readonly depthLeft: number;
}

/** Folders of the runtime: plugins cannot change its code, and cannot see what it keeps. */
interface ReservedPaths {
  readonly code: readonly string[];
  readonly hidden: readonly string[];
}

/** Decides what executions may do. */
export interface Authorities {
  /**
   * Compiles manifest asks ∩ host grants; the grant alone where there is no manifest. What a run invokes may do what it asks for and its
   * caller may do, or what the host grants it by name.
   */
  decide(job: Job, prepared: Prepared): Authority;
  /** The same where it was compiled before; `undefined` where it was not. */
  recall(job: Job, prepared: Prepared): Authority | undefined;
  /** The same for all runs of it that nobody invoked. */
  recallFor(prepared: Prepared): ((job: Job) => Authority) | undefined;
}

/** What is the same for all executions of a runtime. */
export interface AuthoritiesOptions {
  readonly reservedFor: (settings: ContextSettings) => ReservedPaths;
  readonly graceMs: number;
}

/**
 * Makes the judge of one runtime. It compiles once for what was found once: both a context and what was found are the host's own objects, frozen, and
 * all that a policy is made of. What a run invokes depends on its caller, and is compiled each time.
 */
export function createAuthorities({ reservedFor, graceMs }: AuthoritiesOptions): Authorities {
  const known = new WeakMap<Prepared, Terms>();
  const compile = (job: Job, prepared: Prepared): Terms => {
    const { policy, documents } = decideGrant(job, prepared, placesOf(job, prepared, reservedFor(job.settings)));
    const permissions = Object.freeze(documents.map(({ permissions = {} }) => permissions));
    const limits = policy.quotas;
    const sandboxLimits = sandboxLimitsOf(limits, graceMs);
    return { policy, documents, permissions, limits, sandboxLimits, unused: unusedQuotas(limits) };
  };
  return {
    recall(job, prepared) {
      const terms = job.caller === undefined ? known.get(prepared) : undefined;
      return terms === undefined ? undefined : authorityOf(job, terms);
    },
    recallFor(prepared) {
      const terms = known.get(prepared);
      return terms === undefined ? undefined : (job) => authorityOf(job, terms);
    },
    decide(job, prepared) {
      const terms = compile(job, prepared);
      if (job.caller === undefined) known.set(prepared, terms);
      return authorityOf(job, terms);
    },
  };
}

function authorityOf(job: Job, terms: Terms): Authority {
  const { timeoutMs } = job;
  if (timeoutMs === undefined || timeoutMs >= terms.limits.timeoutMs) return new RunAuthority(terms, job);
  const limits = Object.freeze({ ...terms.limits, timeoutMs });
  return new RunAuthority(
    { ...terms, limits, sandboxLimits: Object.freeze({ ...terms.sandboxLimits, timeoutMs }) },
    job,
  );
}

class RunAuthority implements Authority {
  readonly policy: PermissionPolicy;
  readonly permissions: readonly PermissionSpec[];
  readonly documents: readonly RuleDocument[];
  readonly limits: EffectiveQuotas;
  readonly sandboxLimits: SandboxLimits;
  readonly unused: UnusedQuotas;
  readonly depthLeft: number;
  readonly #caller: Caller | undefined;
  #meter: QuotaMeter | undefined;

  constructor(terms: Terms, { caller }: Job) {
    this.policy = terms.policy;
    this.permissions = terms.permissions;
    this.documents = terms.documents;
    this.limits = terms.limits;
    this.sandboxLimits = terms.sandboxLimits;
    this.unused = terms.unused;
    const { maxInvokeDepth } = terms.limits;
    this.depthLeft = caller === undefined ? maxInvokeDepth : Math.min(maxInvokeDepth, caller.depthLeft - 1);
    this.#caller = caller;
  }

  get meter(): QuotaMeter {
    this.#meter ??= createQuotaMeter(this.limits, this.#caller?.meter);
    return this.#meter;
  }

  get meterInUse(): QuotaMeter | undefined {
    return this.#meter;
  }
}

function sandboxLimitsOf(limits: EffectiveQuotas, graceMs: number): SandboxLimits {
  const { timeoutMs, startTimeoutMs, cpuMs, memoryMb, maxOutputBytes, maxResultBytes, maxInFlight } = limits;
  return Object.freeze({
    timeoutMs,
    startTimeoutMs,
    cpuMs,
    memoryMb,
    maxOutputBytes,
    maxResultBytes,
    maxInFlight,
    graceMs,
  });
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
