import { createError } from '@kb-labs/contracts';
import type {
  AuditRecord,
  CanonicalPath,
  DenyReason,
  DiskRefusal,
  FsOperation,
  NetTarget,
  PermissionPolicy,
  PermissionRequest,
  PluginError,
  QuotaMeter,
} from '@kb-labs/contracts';
import { describeTarget, parseFsTarget, parseNetTarget, PermissionDeniedError } from '@kb-labs/permissions';
import { createAuditRecord } from './audit.js';
import type { AuditOperation } from './audit.js';

/** No rule can lift these, so each says what else to change. */
const REFUSALS: Readonly<Record<DiskRefusal, { readonly why: string; readonly hint: string }>> = {
  link: {
    why: 'a link stands on the way, and links are never followed',
    hint: 'name the file by its real path below the root',
  },
  'special-file': {
    why: 'it is neither a regular file nor a directory',
    hint: 'keep devices, pipes and sockets out of what a plugin may use',
  },
  'hard-link': {
    why: 'the file has more than one name, and such a file is not written',
    hint: 'write a new file under another name',
  },
  'mount-point': {
    why: 'it lies on another device',
    hint: 'make it a root of its own, or leave sameDevice off',
  },
  'outside-root': {
    why: 'it lies outside the root of the run',
    hint: 'name a path below the root',
  },
  'root-moved': {
    why: 'the root of the run is not the real folder that it was',
    hint: 'leave the root in place while a plugin runs, and give its real path',
  },
};

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
  /** Throws `ERR_PERMISSION_DENIED`, in the words of `shown` where the request itself holds what a guest may not learn. Audits every decision. */
  admit(request: PermissionRequest, operation: AuditOperation, shown?: PermissionRequest): void;
  /** A silent question, for names that are left out of an answer rather than refused. */
  permits(request: PermissionRequest): boolean;
  /** Audits a no that no rule can lift, and returns the error for it. */
  deny(request: PermissionRequest, operation: AuditOperation, reason: DenyReason): PluginError;
  /** Audits a refusal that the disk made, and returns the error for it. */
  refuse(request: PermissionRequest & { readonly kind: 'fs' }, refusal: DiskRefusal): PluginError;
}

/** What the gate asks, charges and tells. */
export interface GateOptions {
  readonly policy: PermissionPolicy;
  readonly meter: QuotaMeter;
  readonly audit: (record: AuditRecord) => void;
}

/** Makes the gate of one run. */
export function createGate({ policy, meter, audit }: GateOptions): Gate {
  let denials = 0;
  const tell = (request: PermissionRequest, operation: AuditOperation, decision: AuditRecord['decision']): void => {
    if (!decision.allowed) denials += 1;
    audit(createAuditRecord(policy, { request, operation, decision }));
  };
  const tellInvalid = (request: PermissionRequest, operation: AuditOperation): void => {
    const decision = policy.check(request);
    if (!decision.allowed) tell(request, operation, decision);
  };
  return {
    meter,
    root: policy.root,
    get denials() {
      return denials;
    },
    parsePath(path, operation) {
      try {
        return parseFsTarget(path, { root: policy.root });
      } catch (error) {
        if (typeof path === 'string' && operation !== undefined)
          tellInvalid({ kind: 'fs', operation, path }, operation);
        throw error;
      }
    },
    parseUrl(url, operation) {
      try {
        return parseNetTarget(url);
      } catch (error) {
        if (typeof url === 'string') tellInvalid({ kind: 'net', url }, operation);
        throw error;
      }
    },
    admit(request, operation, shown = request) {
      const decision = policy.check(request);
      tell(request, operation, decision);
      if (!decision.allowed) throw new PermissionDeniedError(shown, decision.reason);
    },
    permits: (request) => policy.check(request).allowed,
    deny(request, operation, reason) {
      tell(request, operation, { allowed: false, reason });
      return new PermissionDeniedError(request, reason);
    },
    refuse(request, refusal) {
      tell(request, request.operation, { allowed: false, reason: refusal });
      return createRefusal(describeTarget(request), refusal);
    },
  };
}

function createRefusal(target: string, refusal: DiskRefusal): PluginError {
  const { why, hint } = REFUSALS[refusal];
  return createError('ERR_PERMISSION_DENIED', `fs access to ${target} is denied: ${why}`, {
    details: { kind: 'fs', target, reason: refusal },
    hint,
  });
}
