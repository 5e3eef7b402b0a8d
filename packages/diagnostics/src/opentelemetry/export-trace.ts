import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace as api,
  TraceFlags,
} from '@opentelemetry/api';
import type { Attributes, Context, Tracer } from '@opentelemetry/api';
import { z } from 'zod';
import { parseOptions } from '../options.js';
import type { Trace, TraceSpan } from '../trace.js';

/** Where spans go, and what of them is sent. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface ExportTraceOptions {
  readonly tracer: Tracer;
  /** What the roots hang below. Default: the caller's span in the trace of the run, as sampled. */
  readonly parent?: Context;
  /** Whether paths, URLs, topics and messages are sent as well, which plugins wrote. Default false. */
  readonly targets?: boolean;
}

const OPTIONS = z.strictObject({
  tracer: z.custom<Tracer>((value) => hasMethod(value, 'startSpan'), 'is no tracer'),
  parent: z.custom<Context>((value) => hasMethod(value, 'getValue'), 'is no context').optional(),
  targets: z.boolean().default(false),
});

/** What may be sent of any span. The rest says what a plugin wrote. */
const FACTS: ReadonlySet<string> = new Set([
  'version',
  'dryRun',
  'adapter',
  'coldStart',
  'cpuMs',
  'peakMemoryBytes',
  'failedStage',
  'logs',
  'warnings',
  'denials',
  'operations',
  'artifacts',
  'hostCalls',
  'hostMs',
  'callMs',
  'concurrent',
]);

/**
 * Gives every span of a trace to OpenTelemetry, with its parent and its times, and says how many those were. Ids of spans are the SDK's own, as
 * the API lets nobody choose them: ours are in `kb_labs.span_id`. What is under way is left out. Exporting again makes new spans.
 */
export function exportTrace(trace: Trace, options: ExportTraceOptions): number {
  const { tracer, parent, targets } = parseOptions(OPTIONS, options);
  const waiting = trace.roots.map((span) => ({ span, context: parent ?? remoteParent(trace.traceId, span) }));
  let exported = 0;
  // Grows while it is walked, so that no depth of nesting can overflow the stack.
  for (const { span, context } of waiting) {
    if (span.ms === undefined) continue;
    const { startTime, ms, code } = span;
    const attributes = attributesOf(span, targets);
    const written = tracer.startSpan(nameOf(span), { kind: kindOf(span), startTime, attributes }, context);
    if (code !== undefined) written.setStatus({ code: SpanStatusCode.ERROR, message: code });
    written.end(startTime + ms);
    exported += 1;
    const below = api.setSpan(context, written);
    for (const child of span.children) waiting.push({ span: child, context: below });
  }
  return exported;
}

/** The caller's span, or, of a run that nobody called, the one that its own `traceparent` names: else it would be in a trace of its own. */
function remoteParent(traceId: string, { spanId, parentSpanId }: TraceSpan): Context {
  const remote = { traceId, spanId: parentSpanId ?? spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(remote) ? api.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
}

function nameOf({ kind, name }: TraceSpan): string {
  return kind === 'stage' ? `stage ${name}` : name;
}

function kindOf({ kind, name }: TraceSpan): SpanKind {
  if (kind === 'execution') return SpanKind.SERVER;
  return name === 'net.fetch' || name === 'invoke.call' ? SpanKind.CLIENT : SpanKind.INTERNAL;
}

function attributesOf(span: TraceSpan, targets: boolean): Attributes {
  const { kind, executionId, pluginId, spanId, code, overlap, attributes } = span;
  const sent = Object.entries(attributes).filter(([key]) => targets || FACTS.has(key));
  return {
    'kb_labs.kind': kind,
    'kb_labs.span_id': spanId,
    'kb_labs.execution_id': executionId,
    'kb_labs.plugin.id': pluginId,
    ...(code === undefined ? {} : { 'error.type': code }),
    ...(overlap === 0 ? {} : { 'kb_labs.overlap': overlap }),
    ...Object.fromEntries(sent.map(([key, value]) => [`kb_labs.${key}`, value])),
  };
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}
