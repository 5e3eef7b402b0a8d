import type { QuotaSpec } from './quotas.js';

/** Files: rules are entries (`src`, `.`, `./src`: it and all below) or globs over path segments (`*`, `?`, whole `**`). */
export interface FsPermissionSpec {
  /** `read` never writes, whatever the rules say. */
  readonly mode: 'read' | 'readWrite';
  readonly allow?: readonly string[] | null;
  /** Beats every allow. */
  readonly deny?: readonly string[] | null;
  /** Why the plugin wants this, for the person who grants it. */
  readonly reason?: string;
}

/** Network: rules are `[scheme://]host[:port]`, `*.host`, an IP or a CIDR. No scheme means https, no port the scheme's own. */
export interface NetPermissionSpec {
  readonly allow?: readonly string[] | null;
  readonly deny?: readonly string[] | null;
  readonly reason?: string;
}

/** Environment: exact names and `PREFIX_*`. */
export interface EnvPermissionSpec {
  readonly allow?: readonly string[] | null;
  readonly deny?: readonly string[] | null;
  readonly reason?: string;
}

/** What a manifest asks for, or what a host grants. An absent section, `[]` and `null` grant nothing. */
export interface PermissionSpec {
  readonly fs?: FsPermissionSpec | null;
  readonly net?: NetPermissionSpec | null;
  readonly env?: EnvPermissionSpec | null;
  readonly quotas?: QuotaSpec | null;
}
