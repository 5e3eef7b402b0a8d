import type { ArtifactInfo } from './artifacts.js';
import type { AuditRecord } from './audit-record.js';
import type { ConfinementReport } from './confinement.js';
import type { ErrorEnvelope } from './error-envelope.js';
import type { LogRecord } from './log-record.js';
import type { OperationRecord } from './operation.js';
import type { StageName } from './stage.js';

/** A use beside its limit. `undefined`: not measured by this adapter, or not limited. */
export interface Measured {
  readonly used: number | undefined;
  readonly limit: number | undefined;
}

/** The receipt of one execution, kept for failures as well. Times in milliseconds, sizes in bytes. */
export interface ExecutionMetrics {
  /** From the start of the handler's process or call to its end; `totalMs` counts the queue and the stages too. */
  readonly wallMs: Measured;
  readonly totalMs: number;
  readonly queueMs: Measured;
  readonly startMs: Measured;
  /** CPU time of the guest, user and system. */
  readonly cpuMs: Measured;
  /** The most memory that the guest held beyond an empty sandbox. */
  readonly peakMemoryBytes: Measured;
  readonly hostCalls: Measured;
  /** Calls by function name (`fs.readFile`), denied and failed ones included. */
  readonly hostCallsByName: Readonly<Record<string, number>>;
  readonly denials: number;
  readonly bytesRead: Measured;
  readonly bytesWritten: Measured;
  readonly entriesRead: Measured;
  readonly entriesWritten: Measured;
  readonly fetches: Measured;
  readonly bytesFetched: Measured;
  readonly bytesSent: Measured;
  readonly artifacts: Measured;
  readonly artifactBytes: Measured;
  /** Published events. */
  readonly events: Measured;
  readonly invokes: Measured;
  readonly commands: Measured;
  readonly outputBytes: Measured;
  readonly resultBytes: Measured;
  /** Resources that the handler left open when it returned, by kind. */
  readonly leaked: readonly string[];
  /** Whether the sandbox was made for this run; `undefined` where the run ended before it had one. */
  readonly coldStart: boolean | undefined;
  /** Milliseconds per stage, in the order in which they ran. */
  readonly stages: readonly { readonly stage: StageName; readonly ms: number }[];
}

interface ExecutionRecord {
  readonly executionId: string;
  /** 32 lower-case hex digits (W3C trace context). */
  readonly traceId: string;
  /** W3C trace context: what a request on behalf of this execution carries. */
  readonly traceparent: string;
  readonly pluginId: string;
  readonly metrics: ExecutionMetrics;
  /** What was stored, by the handler itself and as its manifest declares: the first 1 000. */
  readonly artifacts: readonly ArtifactInfo[];
  /** What was denied, with the changes that would allow it: the first 100. All decisions go to the observers. */
  readonly denials: readonly AuditRecord[];
  /** What the guest changed through the host API: the first 1 000. All go to the observers. */
  readonly operations: readonly OperationRecord[];
  /** What the guest said, in its order, cut at `maxOutputBytes` with a marker. */
  readonly logs: readonly LogRecord[];
  /** What was enforced, and by what; `undefined` where the run ended before it had a sandbox. */
  readonly confinement: ConfinementReport | undefined;
}

/** The handler returned, its output fitted, and every declared artifact is stored. */
export interface ExecutionSuccess<Output = unknown> extends ExecutionRecord {
  readonly ok: true;
  readonly data: Output;
}

/** Something failed in the plugin or on its way; the receipt is as full as the run got. */
export interface ExecutionFailure extends ExecutionRecord {
  readonly ok: false;
  readonly error: ErrorEnvelope;
}

/** What `execute()` resolves with. Look at `ok` first. */
export type ExecuteResult<Output = unknown> = ExecutionSuccess<Output> | ExecutionFailure;
