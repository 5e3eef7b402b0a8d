import type { InvokeTarget } from './invoke.js';
import type { EffectiveQuotas } from './quotas.js';

/** What is to be done with a path. `write` also makes folders; `list` is the names in a folder; to move is `delete` and `write`. */
export type FsOperation = 'read' | 'write' | 'delete' | 'list' | 'stat';

/**
 * A path that has been parsed once: absolute, normalised, below nothing and above nothing unless `segments` says so.
 * Only the parser in `@kb-labs/permissions` makes one, so a check and the use that follows see the same object.
 */
export interface CanonicalPath {
  readonly brand: 'CanonicalPath';
  /** As the plugin wrote it: the only form that a message may show. */
  readonly asWritten: string;
  /** The real root that relative paths were resolved against. */
  readonly root: string;
  /** Absolute and normalised. */
  readonly absolute: string;
  /** Path below `root`, as segments (`[]` is the root itself), or `undefined` where the path lies outside it. */
  readonly segments: readonly string[] | undefined;
}

/** A URL that has been parsed once with WHATWG rules. */
export interface NetTarget {
  readonly brand: 'NetTarget';
  readonly asWritten: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without brackets or a trailing dot. */
  readonly host: string;
  readonly port: number;
  /** 4 or 6 where the host is an address, 0 where it is a name. */
  readonly ipVersion: 0 | 4 | 6;
  readonly href: string;
  readonly origin: string;
}

/** A question to a policy. Strings are parsed once; hand in the parsed object to decide on exactly what is then used. */
export type PermissionRequest =
  | { readonly kind: 'fs'; readonly operation: FsOperation; readonly path: string | CanonicalPath }
  | { readonly kind: 'net'; readonly url: string | NetTarget }
  | { readonly kind: 'address'; readonly target: NetTarget; readonly address: string }
  | { readonly kind: 'env'; readonly name: string }
  /** `version` is that of the plugin that was found; `undefined` before one is looked for, when only id and handler are decided on. */
  | { readonly kind: 'invoke'; readonly target: InvokeTarget; readonly version: string | undefined }
  /**
   * `command` is the real path of the file that will be run. `interpreter` says that it runs what it is told to, whatever its name:
   * it is a script, or the plugin can change it.
   */
  | {
      readonly kind: 'shell';
      readonly command: string;
      readonly args: readonly string[];
      readonly interpreter?: boolean;
    };

/** Where a rule stands: whose it is and the JSON pointer (RFC 6901) into that document. */
export interface RuleOrigin {
  readonly source: 'manifest' | 'grant' | 'mandatory';
  readonly pointer: string;
}

/** Why a policy says no. A reason is never renamed; new ones may come. */
export type DenyReason =
  | 'invalid-request'
  | 'invalid-path'
  | 'invalid-url'
  | 'invalid-name'
  | 'outside-root'
  | 'not-requested'
  | 'not-granted'
  | 'not-delegated'
  | 'denied-by-rule'
  | 'mandatory-deny'
  | 'read-only'
  | 'scheme-refused'
  | 'user-info'
  | 'port-refused'
  | 'private-address'
  | 'interpreter'
  | 'dry-run';

/** Why a path is refused for what stands on the disk: no rule lifts it. */
export type DiskRefusal = 'link' | 'special-file' | 'hard-link' | 'mount-point' | 'outside-root' | 'root-moved';

/** To allow is to name the rule that gave it; to deny is to say why. Names the resource as the plugin wrote it. */
export type PermissionDecision =
  | { readonly allowed: true; readonly rule: string; readonly origin: RuleOrigin }
  | {
      readonly allowed: false;
      readonly reason: DenyReason;
      /** The rule that denies, where one does. */
      readonly rule?: string;
      readonly origin?: RuleOrigin;
    };

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** A change that would turn a denial into an allowance, and whose document it belongs to. */
export interface PermissionPatch {
  readonly document: 'manifest' | 'grant';
  readonly operations: readonly PatchOperation[];
}

/** A decision with its grounds. `patches` is empty where it is allowed, or where no rule can lift the denial. */
export interface PermissionExplanation {
  readonly decision: PermissionDecision;
  /** One sentence for a person. */
  readonly text: string;
  /** The lines that matched, from either document. */
  readonly considered: readonly { readonly rule: string; readonly origin: RuleOrigin }[];
  readonly patches: readonly PermissionPatch[];
}

/**
 * An immutable answerer of questions. It never acts, never touches the disk or the net, and never throws, whatever it is asked: what
 * is no question is `invalid-request`.
 */
export interface PermissionPolicy {
  /** SHA-256, hex, over the effective rules: equal policies have equal digests. */
  readonly digest: string;
  readonly root: string;
  readonly quotas: EffectiveQuotas;
  check(request: PermissionRequest): PermissionDecision;
  explain(request: PermissionRequest): PermissionExplanation;
}
