import type { DiskRefusal, FsOperation, PermissionDecision, PermissionPatch } from './permission-policy.js';

/** One decision of the policy, allowed or denied: what was asked, as the plugin wrote it, and the rule or the reason. */
export interface AuditRecord {
  readonly kind: 'fs' | 'net' | 'address' | 'env';
  readonly operation: FsOperation | 'fetch' | 'connect' | 'redirect' | 'read';
  /** At most 1 024 characters, as the plugin wrote it; user info and query of a URL left out. */
  readonly target: string;
  readonly decision: PermissionDecision | { readonly allowed: false; readonly reason: DiskRefusal };
  /** What would turn a denial into an allowance. */
  readonly patches: readonly PermissionPatch[];
}
