import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace as api } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExecutionEvent } from '@kb-labs/contracts';
import { exportTrace } from '../../src/opentelemetry/index.js';
import type { ExportTraceOptions } from '../../src/opentelemetry/index.js';
import { idOf, nestedRuns, runEvents, T0, traced, TRACE_ID } from '../traced-runs.js';

describe('exporting a trace', () => {
  it('keeps parents, times, kinds and failures, in the trace and below the span of the caller', async () => {
    const { spans, count } = await exported(nestedRuns());
    expect(count).toBe(13);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    const nameOf = new Map(spans.map(({ id, name }) => [id, name]));
    const seen = spans.map(({ name, parent, start, end, kind, code }) => {
      return [name, nameOf.get(parent ?? '') ?? parent, start, end, kind, code];
    });
    const { SERVER, CLIENT, INTERNAL } = SpanKind;
    expect(seen).toEqual([
      ['./review.js#handle', '53995c3f42cd8ad8', 0, 82, SERVER, undefined],
      ['stage prepare', './review.js#handle', 0, 1, INTERNAL, undefined],
      ['stage sandbox', './review.js#handle', 1, 20, INTERNAL, undefined],
      ['stage handler', './review.js#handle', 20, 80, INTERNAL, undefined],
      ['stage output', './review.js#handle', 80, 82, INTERNAL, undefined],
      ['fs.readFile', 'stage handler', 22, 28, INTERNAL, undefined],
      ['fs.readFile', 'stage handler', 24, 30, INTERNAL, undefined],
      ['fs.readFile', 'stage handler', 32, 32.04, INTERNAL, 'ERR_PERMISSION_DENIED'],
      ['invoke.call', 'stage handler', 40, 75, CLIENT, undefined],
      ['./render.js#render', 'invoke.call', 42, 72, SERVER, 'ERR_HANDLER_FAILED'],
      ['stage sandbox', './render.js#render', 42, 44, INTERNAL, undefined],
      ['stage handler', './render.js#render', 44, 72, INTERNAL, 'ERR_HANDLER_FAILED'],
      ['artifacts.write', 'stage handler', 50, 54, INTERNAL, undefined],
    ]);
  });

  it('sends what plugins wrote only where that is asked for', async () => {
    const without = await exported(nestedRuns());
    expect(JSON.stringify(without.spans)).not.toMatch(/notes|passwd|artifact:|the handler failed/);
    expect(without.spans[0]?.attributes).toEqual({
      'kb_labs.kind': 'execution',
      'kb_labs.span_id': idOf('outer'),
      'kb_labs.execution_id': 'outer',
      'kb_labs.plugin.id': '@acme/review',
      'kb_labs.cpuMs': 12,
    });
    const { spans } = await exported(nestedRuns(), { targets: true });
    expect(spans[7]?.attributes).toMatchObject({
      'error.type': 'ERR_PERMISSION_DENIED',
      'kb_labs.target': '/etc/passwd',
      'kb_labs.message': 'fs access to "/etc/passwd" is denied: outside-root',
    });
  });

  it('puts a run that nobody called into its own trace, below what its traceparent names', async () => {
    const { spans } = await exported(runEvents({ executionId: 'a' }));
    expect(spans[0]).toMatchObject({ parent: idOf('a'), traceId: TRACE_ID });
  });

  it('hangs all below what the host names', async () => {
    const traceId = 'f'.repeat(32);
    const parent = api.setSpanContext(ROOT_CONTEXT, { traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 });
    const { spans } = await exported(nestedRuns(), { parent });
    expect(spans[0]).toMatchObject({ parent: '00f067aa0ba902b7', traceId });
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(context.active()).toBe(ROOT_CONTEXT);
  });

  it('leaves out what is under way', async () => {
    expect((await exported(runEvents({ executionId: 'a' }).slice(0, 4))).count).toBe(0);
  });

  it.each([
    [{ tracer: {} }, '/tracer'],
    [{ parent: 1 }, '/parent'],
    [{ targets: 'yes' }, '/targets'],
    [{ target: true }, '/target'],
  ])('is refused with options that could not work: %o', (more, pointer) => {
    const options = { tracer: api.getTracer('test'), ...more };
    expect(() => Reflect.apply(exportTrace, undefined, [traced(nestedRuns()), options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});

interface SeenSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the trace began. */
  readonly start: number;
  readonly end: number;
  readonly code: string | undefined;
  readonly id: string;
  readonly parent: string | undefined;
  readonly traceId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function exported(
  events: readonly ExecutionEvent[],
  options: Omit<ExportTraceOptions, 'tracer'> = {},
): Promise<{ readonly spans: readonly SeenSpan[]; readonly count: number }> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  onTestFinished(() => provider.shutdown());
  const count = exportTrace(traced(events), { tracer: provider.getTracer('test'), ...options });
  await provider.forceFlush();
  return { spans: exporter.getFinishedSpans().map(seenSpan), count };
}

function seenSpan(span: ReadableSpan): SeenSpan {
  const ms = ([seconds, nanos]: readonly [number, number]): number => {
    return Math.round((seconds * 1000 - T0 + nanos / 1e6) * 1000) / 1000;
  };
  const { name, kind, status, attributes, parentSpanContext } = span;
  const { spanId: id, traceId } = span.spanContext();
  const code = status.code === SpanStatusCode.ERROR ? status.message : undefined;
  const times = { start: ms(span.startTime), end: ms(span.endTime) };
  return { name, kind, ...times, code, id, parent: parentSpanContext?.spanId, traceId, attributes };
}
