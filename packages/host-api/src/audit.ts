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
import { patchDocuments } from './room-patches.js';
import type { RuleDocument, RuleLack } from './room-patches.js';

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
  /** The rules for want of which it was a no. Default: no rule would lift it. */
  readonly lacks?: readonly RuleLack[];
}

/** Writes one decision down. Holds no user info, query or fragment of a URL. */
export function createAuditRecord({ request, operation, decision, patches = [] }: AuditedDecision): AuditRecord {
  return Object.freeze({ kind: request.kind, operation, target: describeTarget(request), decision, patches });
}

/** The same for what a room decided. What would lift a denial is told where the documents behind the run are known. */
export function createRoomRecord(decided: RoomDecision, documents: readonly RuleDocument[]): AuditRecord {
  const { kind, operation, target, lacks = [] } = decided;
  const places = lacks.flatMap((lack) => lack.places);
  const isCallers = places.length > 0 && places.every((place) => documents[place]?.document === 'caller');
  const decision = isCallers ? ({ allowed: false, reason: 'not-delegated' } as const) : decided.decision;
  const patches = patchDocuments(documents, lacks);
  return Object.freeze({ kind, operation, target: describeText(target), decision, patches });
}
