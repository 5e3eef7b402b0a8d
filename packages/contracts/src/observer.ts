import type { ArtifactInfo } from './artifacts.js';
import type { AuditRecord } from './audit-record.js';
import type { ConfinementReport } from './confinement.js';
import type { ErrorCode } from './error-codes.js';
import type { EventStamp } from './event-stamp.js';
import type { ExecuteResult } from './execution.js';
import type { LogRecord } from './log-record.js';
import type { OperationRecord } from './operation.js';
import type { PermissionSpec } from './permission-spec.js';
import type { ErrorDetails } from './plugin-error.js';
import type { EffectiveQuotas } from './quotas.js';
import type { StageName } from './stage.js';

/** What an execution may do, as it was decided before the handler ran. */
export interface ExecutionAuthority {
  readonly plugin: { readonly id: string; readonly version: string };
  /** Handler and schemas as `./file.js#export`, relative to the plugin's root. */
  readonly handler: string;
  readonly inputSchema: string | undefined;
  readonly outputSchema: string | undefined;
  /** Parts of the output, by JSON pointer, and the schemas that they must fit. */
  readonly outputParts: readonly { readonly pointer: string; readonly schema: string }[];
  /** SHA-256, hex, over the manifest as parsed; `undefined` without one. */
  readonly manifestDigest: string | undefined;
  readonly policyDigest: string;
  /** What must all allow: the manifest's asks and the grants, in that order. */
  readonly permissions: readonly PermissionSpec[];
  readonly quotas: EffectiveQuotas;
  /** Names of host functions. */
  readonly functions: readonly string[];
  /** Names of the variables that the guest sees; never their values. */
  readonly env: readonly string[];
  readonly dryRun: boolean;
}

/** How a host call ended. Values are the ones that travel: who keeps them copies them, and nobody changes them. */
export type HostCallOutcome =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint: string | undefined;
        readonly details: ErrorDetails;
      };
    };

/** One thing that happened in an execution. `execution-start` comes first, `execution-end` last, each once. */
export type ExecutionEvent = EventStamp &
  (
    | { readonly type: 'execution-start'; readonly handler: string; readonly input: unknown }
    | { readonly type: 'stage-start'; readonly stage: StageName }
    | {
        readonly type: 'stage-end';
        readonly stage: StageName;
        readonly ms: number;
        readonly code: ErrorCode | undefined;
      }
    | { readonly type: 'authorised'; readonly authority: ExecutionAuthority }
    | { readonly type: 'confined'; readonly confinement: ConfinementReport; readonly coldStart: boolean }
    /** What the handler was given: the input as the host's own schema gave it back. Told after `confined`. */
    | { readonly type: 'handler-input'; readonly input: unknown }
    /** What the handler gave back, before the host's own schema. Told only where it did. */
    | { readonly type: 'handler-output'; readonly output: unknown }
    | { readonly type: 'audit'; readonly audit: AuditRecord }
    | {
        /** Told when the call has ended; `call` counts them in the order in which they began. */
        readonly type: 'host-call';
        readonly call: number;
        readonly name: string;
        readonly args: readonly unknown[];
        readonly callSpanId: string;
        /** Milliseconds since the epoch at which it began. */
        readonly startTime: number;
        readonly ms: number;
        readonly code: ErrorCode | undefined;
        readonly outcome: HostCallOutcome;
      }
    | { readonly type: 'operation'; readonly operation: OperationRecord }
    | { readonly type: 'log'; readonly log: LogRecord }
    | { readonly type: 'progress'; readonly message: string; readonly fraction: number | undefined }
    | { readonly type: 'artifact'; readonly artifact: ArtifactInfo }
    | { readonly type: 'execution-end'; readonly result: ExecuteResult }
  );

/** Is told everything that happens, in order. One that throws is reported to the runtime's log and hurts nobody. */
export interface ExecutionObserver {
  observe(event: ExecutionEvent): void;
}
