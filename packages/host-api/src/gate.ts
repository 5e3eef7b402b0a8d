import type {
  AuditOperation,
  AuditRecord,
  CanonicalPath,
  DenyReason,
  DiskRefusal,
  FsOperation,
  NetTarget,
  PermissionDecision,
  PermissionPolicy,
  PermissionRequest,
  PluginError,
  QuotaMeter,
} from '@kb-labs/contracts';
import { compileFsTargetParser, describePatches, parseNetTarget, PermissionDeniedError } from '@kb-labs/permissions';
import { createAuditRecord, createRoomRecord } from './audit.js';
import type { RoomDecision } from './audit.js';
import { createRefusal } from './disk-refusal.js';
import type { RuleDocument } from './room-patches.js';

/** A no to one operation. The error is in the words of `shown`, as in `admit`. */
interface Denial {
  readonly operation: AuditOperation;
  readonly reason: DenyReason;
  readonly shown?: PermissionRequest;
}

/** Asks the policy, tells the audit, charges the meter: every host function passes here before it acts. */
export interface Gate {
  readonly meter: QuotaMeter;
  readonly root: string;
  /** Decisions that were a no. */
  readonly denials: number;
  /** Parses a path once; what comes back is what is decided on and then used. Throws `ERR_INVALID_ARGUMENT`, audited where an operation is named. */
  parsePath(path: unknown, operation?: FsOperation): CanonicalPath;
  /** As `parsePath`, for a URL; another scheme, user info and a blocked port are `ERR_PERMISSION_DENIED`. */
  parseUrl(url: unknown, operation: AuditOperation): NetTarget;
  /** Throws `ERR_PERMISSION_DENIED`, in the words of `shown` where the request itself holds what a guest may not learn. Audits it, as `audits` says. */
  admit(request: PermissionRequest, operation: AuditOperation, shown?: PermissionRequest): void;
  /** A silent question, for names that are left out of an answer rather than refused. */
  permits(request: PermissionRequest): boolean;
  /** Audits a no that no rule can lift, and returns the error for it. */
  deny(request: PermissionRequest, denial: Denial): PluginError;
  /** Audits a refusal that the disk made, and returns the error for it. */
  refuse(request: PermissionRequest & { readonly kind: 'fs' }, refusal: DiskRefusal): PluginError;
  /** Audits what a room with rules of its own decided, as `audits` says, and counts it where it was a no. */
  note(decided: RoomDecision): void;
}

/** What the gate asks, charges and tells. */
export interface GateOptions {
  readonly policy: PermissionPolicy;
  readonly meter: QuotaMeter;
  readonly audit: (record: AuditRecord) => void;
  /** Which decisions are told: all, or none that was a yes. */
  readonly audits: 'all' | 'denials';
  /** Behind the policy, in the order in which rooms are handed their rules. */
  readonly documents: readonly RuleDocument[];
}

/** Makes the gate of one run. */
export function createGate({ policy, meter, audit, audits, documents }: GateOptions): Gate {
  const tellsAll = audits === 'all';
  const teller = createTeller(policy, audit);
  const parseTarget = compileFsTargetParser({ root: policy.root });
  return {
    meter,
    root: policy.root,
    get denials() {
      return teller.denials;
    },
    parsePath(path, operation) {
      try {
        return parseTarget(path);
      } catch (error) {
        if (typeof path === 'string' && operation !== undefined)
          teller.tellInvalid({ kind: 'fs', operation, path }, operation);
        throw error;
      }
    },
    parseUrl(url, operation) {
      try {
        return parseNetTarget(url);
      } catch (error) {
        if (typeof url === 'string') teller.tellInvalid({ kind: 'net', url }, operation);
        throw error;
      }
    },
    admit(request, operation, shown = request) {
      const decision = policy.check(request);
      if (decision.allowed && !tellsAll) return;
      const { patches } = teller.tell(request, operation, decision);
      if (decision.allowed) return;
      const hint = asksTheSame(request, shown) ? describePatches(request, patches) : hintFor(policy, shown);
      throw new PermissionDeniedError(shown, decision.reason, hint);
    },
    permits: (request) => policy.check(request).allowed,
    deny(request, { operation, reason, shown = request }) {
      teller.write(createAuditRecord({ request, operation, decision: { allowed: false, reason } }));
      return new PermissionDeniedError(shown, reason);
    },
    refuse(request, refusal) {
      const { operation } = request;
      teller.write(createAuditRecord({ request, operation, decision: { allowed: false, reason: refusal } }));
      return createRefusal(request, refusal);
    },
    note(decided) {
      if (!decided.decision.allowed || tellsAll) teller.write(createRoomRecord(decided, documents));
    },
  };
}

/** Whether a guest may know all that was decided on; the rest of both is alike. */
function asksTheSame(request: PermissionRequest, shown: PermissionRequest): boolean {
  return shown === request || (shown.kind === 'shell' && request.kind === 'shell' && shown.command === request.command);
}

/** What would allow a question as a guest may know it, told from that alone: what it was really about must not show. */
function hintFor(policy: PermissionPolicy, shown: PermissionRequest): string | undefined {
  const { decision, patches } = policy.explain(shown);
  if (decision.allowed && shown.kind === 'shell')
    return 'let the rule name the command by its real path, not by a link';
  return describePatches(shown, patches);
}

/** Writes decisions down, and counts those that were a no. */
interface Teller {
  readonly denials: number;
  write(record: AuditRecord): void;
  /** With what would lift it, where it is a no. */
  tell(request: PermissionRequest, operation: AuditOperation, decision: PermissionDecision): AuditRecord;
  /** What could not be parsed is a decision too, and the policy has a reason for it. */
  tellInvalid(request: PermissionRequest, operation: AuditOperation): void;
}

function createTeller(policy: PermissionPolicy, audit: (record: AuditRecord) => void): Teller {
  let denials = 0;
  const write = (record: AuditRecord): void => {
    if (!record.decision.allowed) denials += 1;
    audit(record);
  };
  const tell: Teller['tell'] = (request, operation, decision) => {
    const patches = decision.allowed ? [] : policy.explain(request).patches;
    const record = createAuditRecord({ request, operation, decision, patches });
    write(record);
    return record;
  };
  return {
    get denials() {
      return denials;
    },
    write,
    tell,
    tellInvalid(request, operation) {
      const decision = policy.check(request);
      if (!decision.allowed) tell(request, operation, decision);
    },
  };
}
