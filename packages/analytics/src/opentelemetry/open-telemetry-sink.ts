import { metrics, trace } from '@opentelemetry/api';
import type { Context, MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { AnalyticsRecord, AnalyticsSink } from '@kb-labs/contracts';
import { configError, parseLimit, parseRecord } from '../option-checks.js';
import { executionFacts } from './execution-facts.js';
import { writeExecutionSpan } from './execution-span.js';
import { createFaasMetrics } from './faas-metrics.js';
import { LabelSet } from './label-set.js';

export interface OpenTelemetrySinkOptions {
  /** Default: the global one of `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider;
  /** Default: the global one of `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider;
  /** Plugins, handlers and names of records that become labels, of each; all others are `_OTHER`. Default 200. */
  readonly maxLabelValues?: number;
  /** What the span of an execution hangs below. Default, and where it answers `undefined`: the caller's span in the trace of the run, as sampled. */
  readonly parent?: (record: AnalyticsRecord) => Context | undefined;
  /** Default `opentelemetry`. */
  readonly name?: string;
}

const SCOPE = '@kb-labs/analytics';

/**
 * Gives records to OpenTelemetry: `faas.*` metrics and a span for each execution, a counter `kb_labs.records` for all else.
 * Attributes of other records are not sent. The providers stay the host's: it flushes and shuts them down.
 */
export function openTelemetrySink(options: OpenTelemetrySinkOptions = {}): AnalyticsSink {
  parseRecord(options, '', ['meterProvider', 'tracerProvider', 'maxLabelValues', 'parent', 'name']);
  const { parent, name = 'opentelemetry' } = options;
  if (parent !== undefined && typeof parent !== 'function') {
    throw configError('/parent', 'must be a function', 'give one that answers with a context of @opentelemetry/api');
  }
  const max = parseLimit(options.maxLabelValues, { pointer: '/maxLabelValues', fallback: 200, max: 10_000 });
  const plugins = new LabelSet(max);
  const names = new LabelSet(max);
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE);
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE);
  const recordExecution = createFaasMetrics(meter, { plugins, handlers: new LabelSet(max) });
  const records = meter.createCounter('kb_labs.records', {
    unit: '{record}',
    description: 'Number of records that are not executions',
  });

  function write(record: AnalyticsRecord): void {
    const facts = executionFacts(record);
    if (facts === undefined) {
      const { source, pluginId } = record;
      const plugin = pluginId === undefined ? {} : { 'kb_labs.plugin.id': plugins.label(pluginId) };
      records.add(1, { 'kb_labs.source': source, 'kb_labs.name': names.label(record.name), ...plugin });
      return;
    }
    recordExecution(facts);
    writeExecutionSpan(tracer, record, { facts, parent: parent?.(record) });
  }

  return Object.freeze({
    name,
    write: async (batch) => {
      for (const record of batch) write(record);
    },
    [Symbol.asyncDispose]: async () => undefined,
  } satisfies AnalyticsSink);
}
