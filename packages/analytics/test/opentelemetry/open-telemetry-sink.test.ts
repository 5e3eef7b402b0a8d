import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import type { ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAnalytics } from '../../src/index.js';
import type { Analytics } from '../../src/index.js';
import { openTelemetrySink } from '../../src/opentelemetry/index.js';
import type { OpenTelemetrySinkOptions } from '../../src/opentelemetry/index.js';
import { executionEvents } from '../executions.js';

const T0 = 1_700_000_000_000;
const labels = {
  'faas.trigger': 'other',
  'kb_labs.plugin.id': '@acme/review',
  'kb_labs.handler': './review.js#handle',
};

describe('the metrics', () => {
  it('are those of the semantic conventions, with their units', async () => {
    const { metrics } = await observed([executionEvents(), executionEvents({ failure: 'ERR_TIMEOUT' })]);
    const units = Object.fromEntries(Object.entries(metrics).map(([name, { unit }]) => [name, unit]));
    expect(units).toEqual({
      [conventions.METRIC_FAAS_INVOCATIONS]: '{invocation}',
      [conventions.METRIC_FAAS_ERRORS]: '{error}',
      [conventions.METRIC_FAAS_TIMEOUTS]: '{timeout}',
      [conventions.METRIC_FAAS_COLDSTARTS]: '{coldstart}',
      [conventions.METRIC_FAAS_INVOKE_DURATION]: 's',
      [conventions.METRIC_FAAS_INIT_DURATION]: 's',
      [conventions.METRIC_FAAS_CPU_USAGE]: 's',
      [conventions.METRIC_FAAS_MEM_USAGE]: 'By',
      [conventions.METRIC_FAAS_NET_IO]: 'By',
    });
  });

  it('count what went well, what failed, what ran out of time and what started cold', async () => {
    const { metrics } = await observed([
      executionEvents(),
      executionEvents({ startMs: 500, coldStart: false }),
      executionEvents({ failure: 'ERR_TIMEOUT' }),
      executionEvents({ failure: 'ERR_HANDLER_FAILED' }),
    ]);
    expect(metrics['faas.invocations']?.points).toEqual([{ attributes: labels, value: 2 }]);
    expect(metrics['faas.errors']?.points).toEqual([
      { attributes: { ...labels, 'error.type': 'ERR_TIMEOUT' }, value: 1 },
      { attributes: { ...labels, 'error.type': 'ERR_HANDLER_FAILED' }, value: 1 },
    ]);
    expect(metrics['faas.timeouts']?.points).toEqual([{ attributes: labels, value: 1 }]);
    expect(metrics['faas.coldstarts']?.points).toEqual([{ attributes: labels, value: 3 }]);
  });

  it('measure in seconds and bytes, and the initialisation of cold starts alone', async () => {
    const { metrics } = await observed([executionEvents()]);
    const warm = await observed([executionEvents({ coldStart: false })]);
    expect([warm.metrics['faas.init_duration'], warm.metrics['faas.coldstarts']]).toEqual([undefined, undefined]);
    const sums = Object.entries(metrics).flatMap(([name, { points }]) =>
      points.flatMap(({ value }) => (typeof value === 'object' ? [[name, value]] : [])),
    );
    expect(Object.fromEntries(sums)).toEqual({
      'faas.invoke_duration': { count: 1, sum: 0.06 },
      'faas.init_duration': { count: 1, sum: 0.03 },
      'faas.cpu_usage': { count: 1, sum: 0.04 },
      'faas.mem_usage': { count: 1, sum: 5_000_000 },
      'faas.net_io': { count: 1, sum: 4000 },
    });
  });

  it('keep the set of labels bounded, whatever plugins, handlers and names there are', async () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      executionEvents({ executionId: `e-${index}`, pluginId: `@acme/p${index}`, handler: `./h${index}.js` }),
    );
    const names = (analytics: Analytics): void => {
      for (let count = 0; count < 50; count++) {
        analytics.forGuest({ pluginId: '@acme/p0', executionId: 'e' }).track(`topic.${count}`, { path: `/${count}` });
      }
    };
    const { metrics } = await observed(many, { maxLabelValues: 3 }, names);
    expect(
      metrics['faas.invocations']?.points.map(({ value, attributes }) => [
        attributes['kb_labs.plugin.id'],
        attributes['kb_labs.handler'],
        value,
      ]),
    ).toEqual([
      ['@acme/p0', './h0.js', 1],
      ['@acme/p1', './h1.js', 1],
      ['@acme/p2', './h2.js', 1],
      ['_OTHER', '_OTHER', 47],
    ]);
    expect(metrics['kb_labs.records']?.points).toEqual([
      ...[0, 1, 2].map((count) => ({
        attributes: { 'kb_labs.source': 'guest', 'kb_labs.name': `topic.${count}`, 'kb_labs.plugin.id': '@acme/p0' },
        value: 1,
      })),
      {
        attributes: { 'kb_labs.source': 'guest', 'kb_labs.name': '_OTHER', 'kb_labs.plugin.id': '@acme/p0' },
        value: 47,
      },
    ]);
  });

  it('count no execution that a guest or a host only claims', async () => {
    const claim = (analytics: Analytics): void => {
      analytics.track('execution', { ok: true, totalMs: 1, wallMs: 1 });
      analytics
        .forGuest({ pluginId: '@acme/x', executionId: 'e' })
        .track('execution', { ok: true, totalMs: 1, wallMs: 1 });
    };
    const { metrics, spans } = await observed([], {}, claim);
    expect([Object.keys(metrics), spans]).toEqual([['kb_labs.records'], []]);
  });
});

describe('the spans', () => {
  it('are one for each execution and one below it for each stage, with the times that they had', async () => {
    const { spans } = await observed([executionEvents()]);
    const root = spans.find(({ name }) => name === './review.js#handle');
    expect(root).toEqual({
      name: './review.js#handle',
      kind: SpanKind.SERVER,
      start: T0,
      end: T0 + 100,
      status: { code: SpanStatusCode.UNSET },
      parent: 'b7ad6b7169203331',
      id: expect.any(String),
      traceId: '0af7651916cd43dd8448eb211c80319c',
      attributes: {
        [conventions.ATTR_FAAS_TRIGGER]: conventions.FAAS_TRIGGER_VALUE_OTHER,
        [conventions.ATTR_FAAS_INVOCATION_ID]: 'e-1',
        [conventions.ATTR_FAAS_COLDSTART]: true,
        'kb_labs.plugin.id': '@acme/review',
        'kb_labs.trace_id': '0af7651916cd43dd8448eb211c80319c',
        'kb_labs.span_id': 'b7ad6b7169203331',
        'kb_labs.adapter': 'fork',
      },
    });
    const stages = spans.filter(({ name }) => name.startsWith('stage '));
    expect(stages.map(({ name, start, end, parent, traceId }) => ({ name, start, end, parent, traceId }))).toEqual([
      { name: 'stage sandbox', start: T0, end: T0 + 30, parent: root?.id, traceId: root?.traceId },
      { name: 'stage handler', start: T0 + 40, end: T0 + 100, parent: root?.id, traceId: root?.traceId },
    ]);
  });

  it('tell how an execution failed', async () => {
    const { spans } = await observed([executionEvents({ failure: 'ERR_MEMORY_EXCEEDED' })]);
    expect(spans.map(({ name, status, attributes }) => [name, status, attributes['error.type']])).toEqual([
      ['stage sandbox', { code: SpanStatusCode.UNSET }, undefined],
      ['stage handler', { code: SpanStatusCode.ERROR, message: 'ERR_MEMORY_EXCEEDED' }, 'ERR_MEMORY_EXCEEDED'],
      ['./review.js#handle', { code: SpanStatusCode.ERROR, message: 'ERR_MEMORY_EXCEEDED' }, 'ERR_MEMORY_EXCEEDED'],
    ]);
  });

  it('hang below the span of the caller, in its trace, where the run has one', async () => {
    const { spans } = await observed([executionEvents({ parentSpanId: '53995c3f42cd8ad8' })]);
    expect(spans.at(-1)).toMatchObject({ parent: '53995c3f42cd8ad8', traceId: '0af7651916cd43dd8448eb211c80319c' });
  });

  it('leave the parent and what was said of it to the host, where the host names one', async () => {
    const parent = (traceId: string | undefined): Context =>
      trace.setSpanContext(context.active(), { traceId: traceId ?? '', spanId: '00f067aa0ba902b7', traceFlags: 1 });
    const { spans } = await observed([executionEvents()], { parent: ({ traceId }) => parent(traceId) });
    expect(spans.at(-1)).toEqual(
      expect.objectContaining({ parent: '00f067aa0ba902b7', traceId: '0af7651916cd43dd8448eb211c80319c' }),
    );
  });
});

describe('the OpenTelemetry sink', () => {
  it('takes the global providers where none are given, and does nothing where there are none', async () => {
    await using analytics = createAnalytics({ sinks: [openTelemetrySink()] });
    const observer = analytics.observer();
    for (const event of executionEvents()) observer.observe(event);
    expect(await analytics.flush()).toEqual([
      { sink: 'opentelemetry', delivered: 1, failed: 0, dropped: 0, pending: 0 },
    ]);
  });

  it.each([[{ maxLabelValues: 0 }], [{ parent: 'x' }], [{ meter: 1 }]])('refuses %o', (options) => {
    expect(() => Reflect.apply(openTelemetrySink, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});

interface SeenMetric {
  readonly unit: string;
  readonly points: readonly { readonly attributes: Readonly<Record<string, unknown>>; readonly value: unknown }[];
}

async function observed(
  executions: readonly (readonly ExecutionEvent[])[],
  options: OpenTelemetrySinkOptions = {},
  also: (analytics: Analytics) => void = () => undefined,
): Promise<{ metrics: Readonly<Record<string, SeenMetric>>; spans: readonly ReturnType<typeof seenSpan>[] }> {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const spanExporter = new InMemorySpanExporter();
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] });
  onTestFinished(async () => void (await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()])));

  await using analytics = createAnalytics({
    sinks: [openTelemetrySink({ meterProvider, tracerProvider, ...options })],
  });
  const observer = analytics.observer();
  for (const event of executions.flat()) observer.observe(event);
  also(analytics);
  await analytics.flush();
  expect(analytics.stats().sinks[0]?.lastError).toBeUndefined();
  await Promise.all([meterProvider.forceFlush(), tracerProvider.forceFlush()]);

  const seen = metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  const metrics = seen.map(({ descriptor, dataPoints }): [string, SeenMetric] => [
    descriptor.name,
    {
      unit: descriptor.unit,
      points: dataPoints.map(({ attributes, value }) => ({ attributes, value: seenValue(value) })),
    },
  ]);
  return { metrics: Object.fromEntries(metrics), spans: spanExporter.getFinishedSpans().map(seenSpan) };
}

function seenValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('count' in value) || !('sum' in value)) return value;
  return { count: value.count, sum: value.sum };
}

function seenSpan(span: ReadableSpan): {
  name: string;
  kind: SpanKind;
  start: number;
  end: number;
  status: unknown;
  parent: string | undefined;
  id: string;
  traceId: string;
  attributes: Readonly<Record<string, unknown>>;
} {
  const ms = ([seconds, nanos]: readonly [number, number]): number => Math.round(seconds * 1000 + nanos / 1e6);
  const { name, kind, status, attributes, parentSpanContext } = span;
  const { spanId: id, traceId } = span.spanContext();
  return {
    name,
    kind,
    start: ms(span.startTime),
    end: ms(span.endTime),
    status,
    parent: parentSpanContext?.spanId,
    id,
    traceId,
    attributes,
  };
}
