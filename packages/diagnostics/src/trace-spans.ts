import { createHash } from 'node:crypto';
import type { ErrorCode, EventStamp, StageName } from '@kb-labs/contracts';
import type { OpenSpan, TraceAttributes } from './trace.js';
import { overlaps, waits } from './trace-waits.js';

/** A stage that has begun. */
export interface StageNote {
  readonly stage: StageName;
  readonly startTime: number;
  readonly ms: number | undefined;
  readonly code: ErrorCode | undefined;
}

/** A host call that has ended. */
export interface CallNote {
  readonly call: number;
  readonly name: string;
  readonly callSpanId: string;
  readonly startTime: number;
  readonly ms: number;
  readonly code: ErrorCode | undefined;
  readonly attributes: TraceAttributes;
  readonly cut: number;
}

/** All that is known of an execution. */
export interface ExecutionNotes {
  readonly stamp: EventStamp;
  readonly name: string;
  readonly ms: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly attributes: TraceAttributes;
  readonly cut: number;
  readonly stages: readonly StageNote[];
  readonly calls: readonly CallNote[];
}

/** The span of an execution, its stages below it, and its host calls below the stage in which the handler runs. */
export function buildSpans(notes: ExecutionNotes): OpenSpan {
  const { stamp, name, ms, code, attributes, cut } = notes;
  const { executionId, pluginId, spanId, parentSpanId, time: startTime } = stamp;
  const about = { executionId, pluginId };
  const calls = notes.calls.toSorted((a, b) => a.startTime - b.startTime || a.call - b.call);
  const stages = notes.stages.map((stage) => stageSpan(stage, stamp, stage.stage === 'handler' ? waits(calls) : {}));
  const own = {
    kind: 'execution',
    spanId,
    parentSpanId,
    name,
    startTime,
    ms,
    code,
    overlap: 0,
    attributes,
    cut,
  } as const;
  const root: OpenSpan = { ...about, ...own, children: stages };
  const parent = stages.find(({ name: stage }) => stage === 'handler') ?? root;
  const under = overlaps(calls);
  for (const [index, { call: _call, callSpanId, ...call }] of calls.entries()) {
    const ids = { kind: 'host-call', spanId: callSpanId, parentSpanId: parent.spanId } as const;
    parent.children.push({ ...about, ...ids, ...call, overlap: under[index] ?? 0, children: [] });
  }
  return root;
}

function stageSpan(note: StageNote, stamp: EventStamp, attributes: TraceAttributes): OpenSpan {
  const { stage, startTime, ms, code } = note;
  const { executionId, pluginId, spanId } = stamp;
  const ids = { spanId: stageSpanId(spanId, stage), parentSpanId: spanId, executionId, pluginId };
  return { kind: 'stage', ...ids, name: stage, startTime, ms, code, overlap: 0, attributes, cut: 0, children: [] };
}

/** Whatever the id of the execution's span is: the same one for the same stage, so that two exports agree. */
function stageSpanId(spanId: string, stage: StageName): string {
  return createHash('sha256').update(`${spanId} ${stage}`).digest('hex').slice(0, 16);
}
