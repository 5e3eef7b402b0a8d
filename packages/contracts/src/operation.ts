import type { HostFunctionName } from './host-functions.js';

/** What stood at a place before or after a change. */
export interface OperationState {
  readonly kind: 'file' | 'directory' | 'artifact';
  readonly bytes: number | undefined;
  /** Lower-case hex; `undefined` for a directory, and for more bytes than are looked through (1 MiB). */
  readonly sha256: string | undefined;
}

/** One change of the world that a guest made through the host API, or, in a dry run, would have made. */
export interface OperationRecord {
  readonly name: HostFunctionName;
  /** As the plugin wrote it, at most 1 024 characters; user info and query of a URL left out. */
  readonly target: string;
  /** Where something was moved or copied to. */
  readonly destination: string | undefined;
  /** `undefined` where nothing stood there, or nobody can know (a request, a command). */
  readonly before: OperationState | undefined;
  readonly after: OperationState | undefined;
  /** Whether what was there before can be had again from what is there now: nothing was overwritten, removed or sent away. */
  readonly reversible: boolean;
  readonly dryRun: boolean;
}
