import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type { ExecutionFacts } from './execution-facts.js';
import type { LabelSet } from './label-set.js';

/** Where labels get their bound. */
export interface Labels {
  readonly plugins: LabelSet;
  readonly handlers: LabelSet;
}

// As the semantic conventions of OpenTelemetry (1.45, status: development) give them for durations, in seconds.
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
// For bytes they give none, and those of the SDK end at 10 000.
const BYTES = Array.from({ length: 12 }, (_, power) => 4 ** power * 1024);
const TIMEOUTS: ReadonlySet<string> = new Set(['ERR_TIMEOUT', 'ERR_START_TIMEOUT', 'ERR_QUEUE_TIMEOUT']);

/** Makes the instruments of the semantic conventions for FaaS, and what records one execution with them. */
export function createFaasMetrics(meter: Meter, labels: Labels): (facts: ExecutionFacts) => void {
  const invocations = meter.createCounter('faas.invocations', {
    unit: '{invocation}',
    description: 'Number of successful invocations',
  });
  const errors = meter.createCounter('faas.errors', { unit: '{error}', description: 'Number of invocation errors' });
  const timeouts = meter.createCounter('faas.timeouts', {
    unit: '{timeout}',
    description: 'Number of invocation timeouts, which are errors as well',
  });
  const coldStarts = meter.createCounter('faas.coldstarts', {
    unit: '{coldstart}',
    description: 'Number of invocation cold starts',
  });
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: SECONDS } };
  const bytes = { unit: 'By', advice: { explicitBucketBoundaries: BYTES } };
  const invokeDuration = meter.createHistogram('faas.invoke_duration', {
    ...seconds,
    description: "Duration of the function's logic execution",
  });
  const initDuration = meter.createHistogram('faas.init_duration', {
    ...seconds,
    description: "Duration of the function's initialization, such as a cold start",
  });
  const cpuUsage = meter.createHistogram('faas.cpu_usage', { ...seconds, description: 'CPU usage per invocation' });
  const memUsage = meter.createHistogram('faas.mem_usage', {
    ...bytes,
    description: 'Max memory usage per invocation',
  });
  const netIo = meter.createHistogram('faas.net_io', { ...bytes, description: 'Net I/O usage per invocation' });

  return (facts) => {
    const attributes = attributesOf(facts, labels);
    if (facts.code === undefined) {
      invocations.add(1, attributes);
    } else {
      errors.add(1, { ...attributes, 'error.type': facts.code });
      if (TIMEOUTS.has(facts.code)) timeouts.add(1, attributes);
    }
    if (facts.coldStart) coldStarts.add(1, attributes);
    record(invokeDuration, facts.wallMs, { attributes, factor: 0.001 });
    record(initDuration, facts.initMs, { attributes, factor: 0.001 });
    record(cpuUsage, facts.cpuMs, { attributes, factor: 0.001 });
    record(memUsage, facts.memoryBytes, { attributes, factor: 1 });
    record(netIo, facts.netBytes, { attributes, factor: 1 });
  };
}

/** The whole set of labels: all but two have few values, and those two are bounded. */
function attributesOf({ pluginId, handler }: ExecutionFacts, { plugins, handlers }: Labels): Attributes {
  return {
    'faas.trigger': 'other',
    'kb_labs.plugin.id': plugins.label(pluginId),
    'kb_labs.handler': handlers.label(handler),
  };
}

function record(
  histogram: Histogram,
  value: number | undefined,
  { attributes, factor }: { readonly attributes: Attributes; readonly factor: number },
): void {
  if (value !== undefined) histogram.record(value * factor, attributes);
}
