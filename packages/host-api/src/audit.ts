import type {
  AuditOperation,
  AuditRecord,
  DenyReason,
  DiskRefusal,
  PermissionPatch,
  PermissionRequest,
} from '@kb-labs/contracts';
import { describeTarget } from '@kb-labs/permissions';
import { describeText } from './describe-text.js';

/** A question, what it was for, and the answer. */
export interface AuditedDecision {
  readonly request: PermissionRequest;
  readonly operation: AuditOperation;
  readonly decision: AuditRecord['decision'];
  /** What would lift a denial. Default: nothing would. */
  readonly patches?: readonly PermissionPatch[];
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

/** Writes one decision down. Holds no user info, query or fragment of a URL. */
export function createAuditRecord({ request, operation, decision, patches = [] }: AuditedDecision): AuditRecord {
  return Object.freeze({ kind: request.kind, operation, target: describeTarget(request), decision, patches });
}

/** The same for what a room decided. Which change would lift a denial only the room's own rules could tell. */
export function createRoomRecord({ kind, operation, target, decision }: RoomDecision): AuditRecord {
  return Object.freeze({ kind, operation, target: describeText(target), decision, patches: [] });
}
