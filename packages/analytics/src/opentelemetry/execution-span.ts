import { isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { AnalyticsRecord } from '@kb-labs/contracts';
import type { ExecutionFacts } from './execution-facts.js';

/**
 * Writes an execution as a span with one child for each stage, after the fact, with the times that it had. The names of `faas.*`
 * attributes are those of the semantic conventions 1.45, which had `faas.invocation_id` before.
 */
export function writeExecutionSpan(tracer: Tracer, record: AnalyticsRecord, options: SpanOptions): void {
  const { facts, parent } = options;
  const { executionId = '', traceId = '' } = record;
  const below = parent ?? remoteParent(traceId, facts);
  const span = tracer.startSpan(
    facts.handler,
    {
      kind: SpanKind.SERVER,
      startTime: facts.endedAt - facts.totalMs,
      attributes: {
        'faas.trigger': 'other',
        'faas.invocation.id': executionId,
        'faas.coldstart': facts.coldStart,
        'kb_labs.plugin.id': facts.pluginId,
        'kb_labs.trace_id': traceId,
        'kb_labs.span_id': facts.spanId ?? '',
        'kb_labs.adapter': facts.adapter ?? 'none',
      },
    },
    below,
  );
  for (const { stage, startedAt, endedAt, code } of facts.stages) {
    const child = tracer.startSpan(`stage ${stage}`, { startTime: startedAt }, trace.setSpan(below, span));
    fail(child, code);
    child.end(endedAt);
  }
  fail(span, facts.code);
  span.end(facts.endedAt);
}

/** What a span is about, and what it hangs below. */
export interface SpanOptions {
  readonly facts: ExecutionFacts;
  readonly parent: Context | undefined;
}

/**
 * The span that the execution hangs from, as one that others have. The API lets nobody choose the id of a span, nor that of the trace of a
 * root: an execution that hangs from nothing goes below its own id, which is what its `traceparent` told everybody it called.
 */
function remoteParent(traceId: string, { spanId, parentSpanId }: ExecutionFacts): Context {
  const remote = { traceId, spanId: parentSpanId ?? spanId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(remote) ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
}

function fail(span: Span, code: string | undefined): void {
  if (code === undefined) return;
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.setAttribute('error.type', code);
}
