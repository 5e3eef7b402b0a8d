import type { ConfinementReport, ErrorEnvelope, ExecuteResult, LogRecord } from '@kb-labs/contracts';
import { frozenCopy } from './kept-records.js';
import type { KeptRecords } from './kept-records.js';
import type { RunIdentity } from './observers.js';
import { closeReceipt } from './receipt.js';
import type { Receipt } from './receipt.js';

/** All that a result tells of its run beside how it ended. */
export interface EndedRun {
  readonly identity: RunIdentity;
  readonly traceparent: string;
  readonly receipt: Receipt;
  readonly kept: KeptRecords;
  readonly logs: readonly LogRecord[];
  readonly confinement: ConfinementReport | undefined;
}

// Written out twice: to spread what both have in common takes as long as the rest of it.

/** The result of an execution that came through, frozen. `endedAt` is monotonic. */
export function succeeded(run: EndedRun, data: unknown, endedAt: number): ExecuteResult {
  const { executionId, traceId, pluginId } = run.identity;
  return Object.freeze({
    ok: true,
    data,
    executionId,
    traceId,
    traceparent: run.traceparent,
    pluginId,
    metrics: closeReceipt(run.receipt, endedAt),
    artifacts: run.kept.artifacts,
    denials: run.kept.denials,
    operations: run.kept.operations,
    logs: frozenCopy(run.logs),
    confinement: run.confinement,
  });
}

/** The result of an execution that did not, frozen. */
export function failed(run: EndedRun, error: ErrorEnvelope, endedAt: number): ExecuteResult {
  const { executionId, traceId, pluginId } = run.identity;
  return Object.freeze({
    ok: false,
    error,
    executionId,
    traceId,
    traceparent: run.traceparent,
    pluginId,
    metrics: closeReceipt(run.receipt, endedAt),
    artifacts: run.kept.artifacts,
    denials: run.kept.denials,
    operations: run.kept.operations,
    logs: frozenCopy(run.logs),
    confinement: run.confinement,
  });
}
