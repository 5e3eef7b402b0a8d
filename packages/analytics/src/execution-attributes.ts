import type { ErrorCode, EventStamp, ExecuteResult, StageName } from '@kb-labs/contracts';
import type { PayloadKind } from './analytics-options.js';

/** What is known of an execution before its end. */
export interface OpenExecution {
  handler: string | undefined;
  readonly stages: {
    readonly stage: StageName;
    readonly ms: number;
    readonly code: ErrorCode | undefined;
    readonly endedAt: number;
  }[];
  adapter: string | undefined;
  coldStart: boolean | undefined;
  version: string | undefined;
  dryRun: boolean | undefined;
  /** Host calls that failed, by code. */
  readonly failedCalls: Map<ErrorCode, number>;
  operations: number;
  /** Operations that cannot be undone. */
  irreversible: number;
  notes: number;
  lost: number;
}

/** An execution of which nothing is known yet. */
export function openExecution(): OpenExecution {
  return {
    handler: undefined,
    stages: [],
    adapter: undefined,
    coldStart: undefined,
    version: undefined,
    dryRun: undefined,
    failedCalls: new Map(),
    operations: 0,
    irreversible: 0,
    notes: 0,
    lost: 0,
  };
}

/** The execution that an event is about, by its stamp, and what the host has chosen. */
export interface AttributeSource {
  readonly stamp: EventStamp;
  readonly payloads: ReadonlySet<PayloadKind>;
}

/** The record of one execution: its verdict, its receipt, and of what the guest made only what was asked for. */
export function executionAttributes(
  execution: OpenExecution,
  result: ExecuteResult,
  { stamp, payloads }: AttributeSource,
): object {
  const { metrics } = result;
  return {
    handler: execution.handler,
    ok: result.ok,
    code: result.ok ? undefined : result.error.code,
    stage: result.ok ? undefined : result.error.stage,
    adapter: execution.adapter,
    version: execution.version,
    dryRun: execution.dryRun,
    spanId: stamp.spanId,
    parentSpanId: stamp.parentSpanId,
    coldStart: metrics.coldStart ?? execution.coldStart,
    totalMs: metrics.totalMs,
    wallMs: metrics.wallMs.used,
    queueMs: metrics.queueMs.used,
    startMs: metrics.startMs.used,
    cpuMs: metrics.cpuMs.used,
    peakMemoryBytes: metrics.peakMemoryBytes.used,
    hostCalls: metrics.hostCalls.used,
    denials: metrics.denials,
    bytesRead: metrics.bytesRead.used,
    bytesWritten: metrics.bytesWritten.used,
    fetches: metrics.fetches.used,
    bytesFetched: metrics.bytesFetched.used,
    bytesSent: metrics.bytesSent.used,
    artifacts: metrics.artifacts.used,
    artifactBytes: metrics.artifactBytes.used,
    events: metrics.events.used,
    invokes: metrics.invokes.used,
    commands: metrics.commands.used,
    operations: execution.operations,
    irreversible: execution.irreversible,
    outputBytes: metrics.outputBytes.used,
    resultBytes: metrics.resultBytes.used,
    leaked: metrics.leaked.length,
    stages: execution.stages,
    calls: metrics.hostCallsByName,
    failedCalls: Object.fromEntries(execution.failedCalls),
    ...payloadsOf(result, payloads),
  };
}

function payloadsOf(result: ExecuteResult, payloads: ReadonlySet<PayloadKind>): object {
  return {
    ...(result.ok && payloads.has('output') ? { output: result.data } : {}),
    ...(!result.ok && payloads.has('errors') ? { message: result.error.message, error: result.error.error } : {}),
  };
}
