import type { ErrorCode, ExecuteResult, StageName } from '@kb-labs/contracts';
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
  notes: number;
  lost: number;
}

/** What the host has chosen. */
export interface AttributeChoice {
  readonly payloads: ReadonlySet<PayloadKind>;
  readonly coldStartMs: number;
}

/** The record of one execution: its verdict, its receipt, and of what the guest made only what was asked for. */
export function executionAttributes(execution: OpenExecution, result: ExecuteResult, choice: AttributeChoice): object {
  const { metrics } = result;
  return {
    handler: execution.handler,
    ok: result.ok,
    code: result.ok ? undefined : result.error.code,
    stage: result.ok ? undefined : result.error.stage,
    adapter: execution.adapter,
    coldStart: (metrics.startMs.used ?? 0) >= choice.coldStartMs && metrics.startMs.used !== undefined,
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
    outputBytes: metrics.outputBytes.used,
    resultBytes: metrics.resultBytes.used,
    leaked: metrics.leaked.length,
    stages: execution.stages,
    calls: metrics.hostCallsByName,
    ...payloadsOf(result, choice.payloads),
  };
}

function payloadsOf(result: ExecuteResult, payloads: ReadonlySet<PayloadKind>): object {
  return {
    ...(result.ok && payloads.has('output') ? { output: result.data } : {}),
    ...(!result.ok && payloads.has('errors') ? { message: result.error.message, error: result.error.error } : {}),
  };
}
