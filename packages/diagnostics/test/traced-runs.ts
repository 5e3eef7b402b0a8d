import type {
  ErrorCode,
  ErrorEnvelope,
  EventStamp,
  ExecuteResult,
  ExecutionEvent,
  ExecutionMetrics,
  HostCallOutcome,
  StageName,
} from '@kb-labs/contracts';
import { createTraceRecorder } from '../src/index.js';
import type { Trace, TraceRecorder, TraceRecorderOptions } from '../src/index.js';

export const T0 = 1_700_000_000_000;
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** An id of 16 hex digits out of a name, for tests alone. */
export function idOf(name: string): string {
  return Buffer.from(name.padEnd(8, '.')).toString('hex').slice(0, 16);
}

/** One host call. Times in milliseconds from the start of the trace. */
export interface CallPlan {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly at: number;
  readonly ms: number;
  readonly outcome?: HostCallOutcome;
  readonly spanId?: string;
}

/** One execution: when it begins, how long its stages take, one after the other, and what it does. */
export interface RunPlan {
  readonly executionId: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly pluginId?: string;
  readonly handler?: string;
  readonly at?: number;
  readonly stages?: readonly (readonly [stage: StageName, ms: number])[];
  readonly calls?: readonly CallPlan[];
  readonly failure?: ErrorCode;
  readonly between?: (stamp: EventStamp) => readonly ExecutionEvent[];
}

/** The events of one execution in the order in which a runtime tells them. */
export function runEvents(plan: RunPlan): readonly ExecutionEvent[] {
  const { executionId, at = 0, calls = [], failure } = plan;
  const spanId = plan.spanId ?? idOf(executionId);
  const { traceId = TRACE_ID, parentSpanId, pluginId = '@acme/review', handler = './review.js#handle' } = plan;
  const stampAt = (ms: number): EventStamp => {
    return { executionId, traceId, spanId, parentSpanId, pluginId, seq: 0, time: T0 + ms };
  };
  const events: ExecutionEvent[] = [{ ...stampAt(at), type: 'execution-start', handler, input: undefined }];
  let now = at;
  const stages = plan.stages ?? [
    ['sandbox', 20],
    ['handler', 60],
  ];
  for (const [index, [stage, ms]] of stages.entries()) {
    events.push({ ...stampAt(now), type: 'stage-start', stage });
    if (stage === 'handler') {
      events.push(...(plan.between?.(stampAt(now)) ?? []));
      const byEnd = calls.toSorted((a, b) => a.at + a.ms - (b.at + b.ms));
      events.push(...byEnd.map((call) => callEvent(call, calls.indexOf(call), stampAt(call.at + call.ms))));
    }
    now += ms;
    const code = index === stages.length - 1 ? failure : undefined;
    events.push({ ...stampAt(now), type: 'stage-end', stage, ms, code });
  }
  const result = resultOf(plan, { executionId, traceId, pluginId }, now - at);
  return [...events, { ...stampAt(now), type: 'execution-end', result }];
}

function callEvent(call: CallPlan, index: number, stamp: EventStamp): ExecutionEvent {
  const { name, args = [], at, ms, outcome = { ok: true, value: undefined }, spanId } = call;
  return {
    ...stamp,
    type: 'host-call',
    call: index,
    name,
    args,
    callSpanId: spanId ?? idOf(`${index}.${stamp.executionId}`),
    startTime: T0 + at,
    ms,
    code: outcome.ok ? undefined : outcome.error.code,
    outcome,
  };
}

/** How a host call failed. */
export function refused(code: ErrorCode, message: string, details: Record<string, unknown> = {}): HostCallOutcome {
  return { ok: false, error: { code, message, hint: undefined, details } };
}

function resultOf(
  plan: RunPlan,
  identity: Pick<ExecuteResult, 'executionId' | 'traceId' | 'pluginId'>,
  totalMs: number,
): ExecuteResult {
  const record = {
    ...identity,
    traceparent: '',
    metrics: metricsOf(totalMs),
    artifacts: [],
    denials: [],
    operations: [],
    logs: [],
    confinement: undefined,
  };
  return plan.failure === undefined
    ? { ...record, ok: true, data: undefined }
    : { ...record, ok: false, error: envelopeOf(plan.failure) };
}

function envelopeOf(code: ErrorCode): ErrorEnvelope {
  return {
    code,
    message: 'the handler failed: password=hunter22',
    stage: 'handler',
    details: {},
    hint: undefined,
    retryable: false,
    http: 500,
    cause: [],
    source: 'handler',
    error: undefined,
  };
}

function metricsOf(totalMs: number): ExecutionMetrics {
  const nothing = { used: undefined, limit: undefined };
  return {
    wallMs: nothing,
    totalMs,
    queueMs: nothing,
    startMs: nothing,
    cpuMs: { used: 12, limit: 1000 },
    peakMemoryBytes: nothing,
    hostCalls: nothing,
    hostCallsByName: {},
    denials: 0,
    bytesRead: nothing,
    bytesWritten: nothing,
    entriesRead: nothing,
    entriesWritten: nothing,
    fetches: nothing,
    bytesFetched: nothing,
    bytesSent: nothing,
    artifacts: nothing,
    artifactBytes: nothing,
    events: nothing,
    invokes: nothing,
    commands: nothing,
    outputBytes: nothing,
    resultBytes: nothing,
    leaked: [],
    coldStart: true,
    stages: [],
  };
}

/** A run that reads two files at once, is denied a third, and invokes another plugin, which fails. */
export function nestedRuns(): readonly ExecutionEvent[] {
  const invoke = idOf('invoke');
  const outer = runEvents({
    executionId: 'outer',
    parentSpanId: '53995c3f42cd8ad8',
    stages: [
      ['prepare', 1],
      ['sandbox', 19],
      ['handler', 60],
      ['output', 2],
    ],
    calls: [
      { name: 'fs.readFile', args: ['notes/a.txt'], at: 22, ms: 6 },
      { name: 'fs.readFile', args: ['notes/b.txt'], at: 24, ms: 6 },
      {
        name: 'fs.readFile',
        args: ['/etc/passwd'],
        at: 32,
        ms: 0.04,
        outcome: refused('ERR_PERMISSION_DENIED', 'fs access to "/etc/passwd" is denied: outside-root'),
      },
      { name: 'invoke.call', args: [{ target: '@acme/report@^1:render', input: 1 }], at: 40, ms: 35, spanId: invoke },
    ],
  });
  const inner = runEvents({
    executionId: 'inner',
    parentSpanId: invoke,
    pluginId: '@acme/report',
    handler: './render.js#render',
    at: 42,
    stages: [
      ['sandbox', 2],
      ['handler', 28],
    ],
    calls: [{ name: 'artifacts.write', args: ['artifact://self/a.md', new Uint8Array(3)], at: 50, ms: 4 }],
    failure: 'ERR_HANDLER_FAILED',
  });
  // As they come: the inner one ends before the call that set it off.
  const at = outer.findIndex((event) => event.type === 'host-call' && event.name === 'invoke.call');
  return [...outer.slice(0, at), ...inner, ...outer.slice(at)];
}

/** A recorder that was told of all these events. */
export function recorded(events: readonly ExecutionEvent[], options: TraceRecorderOptions = {}): TraceRecorder {
  const traces = createTraceRecorder(options);
  for (const event of events) traces.observe(event);
  return traces;
}

/** The trace of these events. */
export function traced(events: readonly ExecutionEvent[], options: TraceRecorderOptions = {}): Trace {
  const trace = recorded(events, options).find(TRACE_ID);
  if (trace === undefined) throw new Error('the trace is not there');
  return trace;
}
