import type {
  AuditOperation,
  AuditRecord,
  DenyReason,
  DiskRefusal,
  PermissionPolicy,
  PermissionRequest,
} from '@kb-labs/contracts';
import { describeTarget } from '@kb-labs/permissions';
import { describeText } from './describe-text.js';

/** A question, what it was for, and the answer. */
export interface AuditedDecision {
  readonly request: PermissionRequest;
  readonly operation: AuditOperation;
  readonly decision: AuditRecord['decision'];
}

/** What a room decided by rules of its own, which no policy knows: the broker of artifacts, the bus of events. */
export interface RoomDecision {
  readonly kind: 'artifact' | 'event';
  readonly operation: AuditOperation;
  /** As the plugin wrote it. */
  readonly target: string;
  readonly decision:
    | { readonly allowed: true; readonly rule: string }
    | { readonly allowed: false; readonly reason: DenyReason | DiskRefusal };
}

/** Writes one decision down; a denial carries the changes that would lift it. Holds no user info, query or fragment of a URL. */
export function createAuditRecord(policy: PermissionPolicy, audited: AuditedDecision): AuditRecord {
  const { request, operation, decision } = audited;
  return Object.freeze({
    kind: request.kind,
    operation,
    target: describeTarget(request),
    decision,
    patches: decision.allowed ? [] : policy.explain(request).patches,
  });
}

/** The same for what a room decided. Which change would lift a denial only the room's own rules could tell. */
export function createRoomRecord({ kind, operation, target, decision }: RoomDecision): AuditRecord {
  return Object.freeze({ kind, operation, target: describeText(target), decision, patches: [] });
}
