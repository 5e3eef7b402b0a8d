import type { ArtifactInfo } from './artifacts.js';
import type { AuditRecord } from './audit-record.js';
import type { ConfinementReport } from './confinement.js';
import type { ErrorCode } from './error-codes.js';
import type { ExecuteResult } from './execution.js';
import type { LogRecord } from './log-record.js';
import type { StageName } from './stage.js';

/** Who an event is about. Stamped by the host; nothing here comes from the guest. */
export interface EventStamp {
  readonly executionId: string;
  readonly traceId: string;
  readonly pluginId: string;
  /** Counts up by one in each execution. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** One thing that happened in an execution. `execution-start` comes first, `execution-end` last, each once. */
export type ExecutionEvent = EventStamp &
  (
    | { readonly type: 'execution-start'; readonly handler: string }
    | { readonly type: 'stage-start'; readonly stage: StageName }
    | {
        readonly type: 'stage-end';
        readonly stage: StageName;
        readonly ms: number;
        readonly code: ErrorCode | undefined;
      }
    | { readonly type: 'confined'; readonly confinement: ConfinementReport }
    | { readonly type: 'audit'; readonly audit: AuditRecord }
    | { readonly type: 'host-call'; readonly name: string; readonly ms: number; readonly code: ErrorCode | undefined }
    | { readonly type: 'log'; readonly log: LogRecord }
    | { readonly type: 'progress'; readonly message: string; readonly fraction: number | undefined }
    | { readonly type: 'artifact'; readonly artifact: ArtifactInfo }
    | { readonly type: 'execution-end'; readonly result: ExecuteResult }
  );

/** Is told everything that happens, in order. One that throws is reported to the runtime's log and hurts nobody. */
export interface ExecutionObserver {
  observe(event: ExecutionEvent): void;
}
