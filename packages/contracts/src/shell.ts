import type { GuestCallOptions } from './call-options.js';

/** How a command is to be run. */
export interface ShellOptions extends GuestCallOptions {
  /** Relative to the run's root, or absolute below it; must be readable by the policy. Default: the root. */
  readonly cwd?: string;
  /** Text or bytes for its standard input. Default: nothing, and it is closed. */
  readonly input?: string | Uint8Array;
  /** Milliseconds. Default and maximum: the host's. */
  readonly timeoutMs?: number;
}

/** How a command ended. Output beyond the limit ends it, with `ERR_OUTPUT_EXCEEDED`. */
export interface ShellResult {
  /** `undefined` where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** What held it: `bubblewrap 0.8.0`. `undefined`: nothing, it could do what the host's user can. */
  readonly confinedBy?: string | undefined;
}

/** Commands through the gate: no shell reads them, and a command that fails is an answer, not an error. */
export interface GuestShell {
  /** `command` is an absolute path. Rejects with `ERR_PERMISSION_DENIED`, `ERR_TIMEOUT`, `ERR_OUTPUT_EXCEEDED`, `ERR_QUOTA_EXCEEDED`. */
  run(command: string, args?: readonly string[], options?: ShellOptions): Promise<ShellResult>;
}
