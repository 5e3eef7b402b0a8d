import type { AuditRecord, PermissionPolicy, PermissionRequest } from '@kb-labs/contracts';
import { describeTarget } from '@kb-labs/permissions';

/** What was about to be done, in the audit's words. */
export type AuditOperation = AuditRecord['operation'];

/** A question, what it was for, and the answer. */
export interface AuditedDecision {
  readonly request: PermissionRequest;
  readonly operation: AuditOperation;
  readonly decision: AuditRecord['decision'];
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
