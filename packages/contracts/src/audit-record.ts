import type { EventStamp } from './event-stamp.js';
import type { DenyReason, DiskRefusal, FsOperation, PermissionDecision, PermissionPatch } from './permission-policy.js';

/** What was about to be done. */
export type AuditOperation =
  | FsOperation
  | 'fetch'
  | 'connect'
  | 'redirect'
  | 'publish'
  | 'subscribe'
  | 'invoke'
  | 'run';

/** One decision, allowed or denied: what was asked, as the plugin wrote it, and the rule or the reason. */
export interface AuditRecord {
  readonly kind: 'fs' | 'net' | 'address' | 'env' | 'artifact' | 'event' | 'invoke' | 'shell';
  readonly operation: AuditOperation;
  /** At most 1 024 characters, as the plugin wrote it, but a command by its real path; user info and query of a URL left out. */
  readonly target: string;
  readonly decision:
    | PermissionDecision
    | { readonly allowed: true; readonly rule: string }
    | { readonly allowed: false; readonly reason: DiskRefusal | DenyReason };
  /** What would turn a denial into an allowance. */
  readonly patches: readonly PermissionPatch[];
}

/** A decision, and whose it was. */
export type AuditEntry = EventStamp & { readonly audit: AuditRecord };

/** Keeps decisions where they can be looked up. Writing is buffered; what is lost shows in `flush`. */
export interface AuditSink extends AsyncDisposable {
  /** Rejects with `ERR_AUDIT_UNAVAILABLE` where decisions cannot be kept now. */
  ready(): Promise<void>;
  /** Never throws and never waits. */
  write(entry: AuditEntry): void;
  /**
   * Resolves when all that was written so far is kept, of one execution or of all; rejects with `ERR_AUDIT_UNAVAILABLE` where some of
   * that is lost. What is lost of one execution fails no other.
   */
  flush(executionId?: string): Promise<void>;
}
