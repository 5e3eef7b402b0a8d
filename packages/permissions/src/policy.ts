import { describeTarget, PermissionDeniedError } from '@kb-labs/contracts';
import type {
  EffectiveQuotas,
  PermissionDecision,
  PermissionExplanation,
  PermissionPatch,
  PermissionPolicy,
  PermissionRequest,
  QuotaSpec,
} from '@kb-labs/contracts';
import { digestOf } from './digest.js';
import { copyRequest } from './copy-request.js';
import { describePatches } from './describe-patches.js';
import { parseRequest } from './parsed-request.js';
import type { ParsedRequest } from './parsed-request.js';
import type { PlainRoot } from './plain-path.js';
import type { RuleLine } from './rule-line.js';

/** What a policy decides with. Questions reach it parsed, so that two of them can decide on the same object. */
export interface PolicyCore {
  readonly root: string;
  readonly platform: NodeJS.Platform;
  /** What `readPlainRoot` says of the root. */
  readonly plainRoot: PlainRoot | undefined;
  readonly quotas: EffectiveQuotas;
  /** The limits that hold in an intersection: all of a grant, and of a manifest those that it names. */
  readonly bindingQuotas: QuotaSpec;
  /** All that decisions depend on, in canonical form: for the digest, which many policies are never asked for. */
  readonly rules: () => unknown;
  decide(request: ParsedRequest): PermissionDecision;
  ground(request: ParsedRequest): Grounds;
}

/** What a decision rests on, of one document or of two. */
export interface Grounds {
  readonly considered: readonly RuleLine[];
  /** `undefined` where no rule can lift the denial. */
  readonly patches: readonly PermissionPatch[] | undefined;
}

/** Asks, and throws `ERR_PERMISSION_DENIED` where the answer is no. Returns the decision that allows. */
export function assertAllowed(
  policy: PermissionPolicy,
  request: PermissionRequest,
): Extract<PermissionDecision, { allowed: true }> {
  const decision = policy.check(request);
  if (decision.allowed) return decision;
  throw new PermissionDeniedError(request, decision.reason, describePatches(request, policy.explain(request).patches));
}

/** The one implementation of `PermissionPolicy`: immutable, and its core is out of reach for whoever holds it. */
export class CompiledPolicy implements PermissionPolicy {
  readonly root: string;
  readonly quotas: EffectiveQuotas;
  readonly #core: PolicyCore;
  #digest: string | undefined;

  constructor(core: PolicyCore) {
    this.#core = core;
    this.root = core.root;
    this.quotas = core.quotas;
    Object.freeze(this);
  }

  /** The core of a policy that this package made. */
  static coreOf(policy: unknown): PolicyCore | undefined {
    return typeof policy === 'object' && policy !== null && #core in policy ? policy.#core : undefined;
  }

  get digest(): string {
    const { root, platform, quotas, rules } = this.#core;
    this.#digest ??= digestOf([root, platform, quotas, rules()]);
    return this.#digest;
  }

  check(request: PermissionRequest): PermissionDecision {
    return this.#core.decide(parseRequest(copyRequest(request), this.#core));
  }

  explain(request: PermissionRequest): PermissionExplanation {
    const copy = copyRequest(request);
    const parsed = parseRequest(copy, this.#core);
    const decision = this.#core.decide(parsed);
    // Read anew: deciding may have spent all that may be spent on one question.
    const { considered, patches } = this.#core.ground(parseRequest(copy, this.#core));
    return Object.freeze({
      decision,
      text: sentence(copy, decision),
      considered: Object.freeze([...considered]),
      patches: Object.freeze(decision.allowed ? [] : [...(patches ?? [])]),
    });
  }
}

function sentence(request: PermissionRequest | undefined, decision: PermissionDecision): string {
  const asked = request === undefined ? 'what is no question' : `${request.kind} access to ${describeTarget(request)}`;
  const by = decision.rule === undefined ? '' : ` by "${decision.rule}"${place(decision)}`;
  return decision.allowed ? `${asked} is allowed${by}.` : `${asked} is denied (${decision.reason})${by}.`;
}

function place({ origin }: PermissionDecision): string {
  if (origin === undefined) return '';
  return origin.source === 'mandatory' ? ', which no rule can lift' : ` in the ${origin.source} at ${origin.pointer}`;
}
