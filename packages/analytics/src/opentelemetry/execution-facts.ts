import type { AnalyticsRecord, JsonValue } from '@kb-labs/contracts';

/** One stage of an execution, in milliseconds since the epoch. */
interface StageFact {
  readonly stage: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: string | undefined;
}

/** What a record `execution` says, read back out of its attributes. What it does not say is `undefined`. */
export interface ExecutionFacts {
  readonly pluginId: string;
  readonly handler: string;
  readonly adapter: string | undefined;
  /** The runtime's own span of the execution, and the one that it hangs from. */
  readonly spanId: string | undefined;
  readonly parentSpanId: string | undefined;
  readonly code: string | undefined;
  readonly coldStart: boolean;
  readonly endedAt: number;
  readonly totalMs: number;
  readonly wallMs: number | undefined;
  readonly initMs: number | undefined;
  readonly cpuMs: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly netBytes: number | undefined;
  readonly stages: readonly StageFact[];
}

/** `undefined` for every other record; a guest's never counts as one, whatever it is called. */
export function executionFacts(record: AnalyticsRecord): ExecutionFacts | undefined {
  if (record.source !== 'runtime' || record.name !== 'execution') return undefined;
  const { attributes } = record;
  const failed = attributes['ok'] !== true;
  return {
    pluginId: record.pluginId ?? 'unknown',
    handler: text(attributes['handler']) ?? 'unknown',
    adapter: text(attributes['adapter']),
    spanId: text(attributes['spanId']),
    parentSpanId: text(attributes['parentSpanId']),
    code: failed ? (text(attributes['code']) ?? 'ERR_INTERNAL') : undefined,
    coldStart: attributes['coldStart'] === true,
    endedAt: record.time,
    totalMs: amount(attributes['totalMs']) ?? 0,
    wallMs: amount(attributes['wallMs']),
    // What a sandbox that stood ready takes is no initialisation.
    initMs: attributes['coldStart'] === true ? amount(attributes['startMs']) : undefined,
    cpuMs: amount(attributes['cpuMs']),
    memoryBytes: amount(attributes['peakMemoryBytes']),
    netBytes: sum(amount(attributes['bytesFetched']), amount(attributes['bytesSent'])),
    stages: stages(attributes['stages']),
  };
}

function stages(value: JsonValue | undefined): StageFact[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: JsonValue) => {
    if (typeof entry !== 'object' || entry === null || !('stage' in entry)) return [];
    const [stage, ms, endedAt] = [text(entry['stage']), amount(entry['ms']), amount(entry['endedAt'])];
    if (stage === undefined || ms === undefined || endedAt === undefined) return [];
    return [{ stage, startedAt: endedAt - ms, endedAt, code: text(entry['code']) }];
  });
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function amount(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
