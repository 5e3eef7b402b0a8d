import type { AbortLine } from './abort-line.js';
import type { ConfinementReport } from './confinement.js';
import type { SandboxCall, SandboxHost, SandboxLimits, SandboxOutcome, SandboxPlan } from './sandbox-adapter.js';

/** What is to run in this process, which may be the same for many runs. */
export type DirectTask = Pick<SandboxPlan, 'plugin' | 'env'> &
  Pick<SandboxCall, 'handler' | 'inputSchema' | 'outputSchema' | 'outputParts' | 'api'>;

/** One run of it, and who answers. */
export interface DirectOrder {
  readonly task: DirectTask;
  readonly limits: SandboxLimits;
  /** As that of a call: the handler gets a copy. */
  readonly input: unknown;
  /** Ends the run with `ERR_ABORTED`. */
  readonly line: AbortLine;
  /** Asked when the handler first says or calls anything. */
  readonly host: () => SandboxHost;
}

/** A sandbox that has nothing to open before a run, and nothing to close after it. */
export interface DirectSandbox {
  readonly confinement: ConfinementReport;
  /** What `run` of a place does. Keeps the time limit itself; where it rejects, the guest is lost. */
  runAtOnce(order: DirectOrder): Promise<SandboxOutcome>;
}
