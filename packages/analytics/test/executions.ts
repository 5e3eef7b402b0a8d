import type {
  ErrorEnvelope,
  EventStamp,
  ExecuteResult,
  ExecutionEvent,
  ExecutionMetrics,
  HostCallOutcome,
} from '@kb-labs/contracts';

const T0 = 1_700_000_000_000;

/** What differs from a run that went well. */
export interface ExecutionPlan {
  readonly executionId?: string;
  readonly pluginId?: string;
  readonly handler?: string;
  readonly failure?: ErrorEnvelope['code'];
  readonly startMs?: number;
  /** Default true. */
  readonly coldStart?: boolean;
  readonly parentSpanId?: string;
  readonly input?: unknown;
  readonly data?: unknown;
  /** Events between the start of the handler and the end. */
  readonly between?: (stamp: EventStamp) => readonly ExecutionEvent[];
}

/** The events of one execution of 100 ms, as the runtime tells them. */
export function executionEvents(plan: ExecutionPlan = {}): readonly ExecutionEvent[] {
  const { executionId = 'e-1', pluginId = '@acme/review', handler = './review.js#handle', between } = plan;
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spanId = 'b7ad6b7169203331';
  const stamp = { executionId, traceId, spanId, parentSpanId: plan.parentSpanId, pluginId, seq: 0, time: T0 };
  const at = (ms: number): EventStamp => ({ ...stamp, time: T0 + ms });
  const code = plan.failure;
  return [
    { ...stamp, type: 'execution-start', handler, input: plan.input },
    { ...stamp, type: 'stage-start', stage: 'sandbox' },
    { ...at(30), type: 'stage-end', stage: 'sandbox', ms: 30, code: undefined },
    { ...at(30), type: 'confined', confinement: confinement(), coldStart: plan.coldStart ?? true },
    hostCall(at(90), { ok: true, value: 'content of the file' }),
    ...(between?.(at(90)) ?? []),
    { ...at(100), type: 'stage-end', stage: 'handler', ms: 60, code },
    { ...at(100), type: 'execution-end', result: result(plan, { executionId, traceId, pluginId }) },
  ];
}

/** A host call that ends now and took a millisecond. */
export function hostCall(stamp: EventStamp, outcome: HostCallOutcome): ExecutionEvent {
  return {
    ...stamp,
    type: 'host-call',
    call: 0,
    name: 'fs.readFile',
    args: ['notes/ann.txt', { encoding: 'utf8' }],
    callSpanId: '00f067aa0ba902b7',
    startTime: stamp.time - 1,
    ms: 1,
    code: outcome.ok ? undefined : outcome.error.code,
    outcome,
  };
}

function result(
  plan: ExecutionPlan,
  identity: Pick<ExecuteResult, 'executionId' | 'traceId' | 'pluginId'>,
): ExecuteResult {
  const record = {
    ...identity,
    traceparent: `00-${identity.traceId}-b7ad6b7169203331-01`,
    metrics: metrics(plan),
    artifacts: [],
    denials: [],
    operations: [],
    logs: [],
    confinement: confinement(),
  };
  if (plan.failure === undefined) return { ...record, ok: true, data: plan.data ?? { answer: 42 } };
  const guest = {
    name: 'Error',
    message: 'guest says token=abcdef',
    code: undefined,
    hint: undefined,
    stack: undefined,
    cause: undefined,
    errors: [],
    truncated: false,
  };
  const error = {
    code: plan.failure,
    message: 'The handler failed',
    stage: 'handler',
    details: {},
    hint: undefined,
  } as const;
  return {
    ...record,
    ok: false,
    error: { ...error, retryable: false, http: 500, cause: [], source: 'handler', error: guest },
  };
}

function confinement(): Extract<ExecutionEvent, { type: 'confined' }>['confinement'] {
  const all = <Value>(
    value: Value,
  ): Record<'crash' | 'time' | 'cpu' | 'memory' | 'env' | 'fs' | 'net' | 'process', Value> => ({
    crash: value,
    time: value,
    cpu: value,
    memory: value,
    env: value,
    fs: value,
    net: value,
    process: value,
  });
  return { adapter: 'fork', firmness: all('guard' as const), by: all('test') };
}

function metrics({ startMs = 30, coldStart = true }: ExecutionPlan): ExecutionMetrics {
  const of = (used: number): { used: number; limit: number } => ({ used, limit: 1000 });
  return {
    wallMs: of(60),
    totalMs: 100,
    queueMs: of(5),
    startMs: of(startMs),
    cpuMs: of(40),
    peakMemoryBytes: of(5_000_000),
    hostCalls: of(1),
    hostCallsByName: { 'fs.readFile': 1 },
    denials: 0,
    bytesRead: of(10),
    bytesWritten: of(0),
    entriesRead: of(1),
    entriesWritten: of(0),
    fetches: of(1),
    bytesFetched: of(3000),
    bytesSent: of(1000),
    artifacts: of(0),
    artifactBytes: of(0),
    events: of(2),
    invokes: of(1),
    commands: of(0),
    outputBytes: of(0),
    resultBytes: of(13),
    leaked: ['Timeout'],
    coldStart,
    stages: [],
  };
}
