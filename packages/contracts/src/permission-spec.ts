import type { ArtifactReadRule, ArtifactWriteRule } from './artifacts.js';
import type { EventScope } from './events.js';
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

/** Artifacts: what may be read, of whom, and what may be written of its own. Declared artifacts need no rule. */
export interface ArtifactPermissionSpec {
  readonly read?: readonly ArtifactReadRule[] | null;
  readonly write?: readonly ArtifactWriteRule[] | null;
  readonly reason?: string;
}

/** Events: topics or patterns, `report.done`, `report.*`, `report.**`. */
export interface EventPermissionSpec {
  readonly produce?: readonly string[] | null;
  readonly consume?: readonly string[] | null;
  /** Default: `execution` and `plugin`. `[]` and `null` are none. */
  readonly scopes?: readonly EventScope[] | null;
  readonly reason?: string;
}

/** Other plugins: rules are `id`, `@scope/*`, `id:handler` or `id@range:handler`. */
export interface InvokePermissionSpec {
  readonly allow?: readonly string[] | null;
  /** Beats every allow. */
  readonly deny?: readonly string[] | null;
  readonly reason?: string;
}

/** One command that may be run. */
export interface ShellRule {
  /** Absolute path of the real binary, no link. A script that another program reads counts as an interpreter. */
  readonly command: string;
  /**
   * One pattern for each argument, in order: `*` and `?` stand for characters, but never for a leading `-` or `@` (by which many
   * programs read options from a file), and a last `**` for any further arguments that begin with neither. Default: no arguments at all.
   */
  readonly args?: readonly string[];
  /** Needed for shells, interpreters and all else that runs what it is told to: nothing that such a command does is checked. */
  readonly interpreter?: true;
}

/** Commands. */
export interface ShellPermissionSpec {
  readonly allow?: readonly ShellRule[] | null;
  readonly reason?: string;
}

/** What a manifest asks for, or what a host grants. An absent section, `[]` and `null` grant nothing. */
export interface PermissionSpec {
  readonly fs?: FsPermissionSpec | null;
  readonly net?: NetPermissionSpec | null;
  readonly env?: EnvPermissionSpec | null;
  readonly artifacts?: ArtifactPermissionSpec | null;
  readonly events?: EventPermissionSpec | null;
  readonly invoke?: InvokePermissionSpec | null;
  readonly shell?: ShellPermissionSpec | null;
  readonly quotas?: QuotaSpec | null;
}
