import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createError, isPluginError } from '@kb-labs/contracts';
import type {
  ErrorEnvelope,
  ExecuteResult,
  ExecutionAuthority,
  ExecutionEvent,
  ExecutionMetrics,
  ExecutionObserver,
  HostCallOutcome,
  SandboxHost,
  SandboxOutcome,
} from '@kb-labs/contracts';
import { directSandbox } from './direct-sandbox.js';
import { temporaryFolder } from './temporary-folder.js';

type HostFunction = (...args: never[]) => unknown;

/** One run: the source of a handler, and the host functions that it may call. */
export interface RunScript {
  readonly code: string;
  readonly input?: unknown;
  readonly host?: Readonly<Record<string, HostFunction>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly plugin?: { readonly id: string; readonly version: string };
  readonly executionId?: string;
  /** The host's own schemas: what they make of the input and of the output. One that throws a `PluginError` refuses. */
  readonly parseInput?: (input: unknown) => unknown;
  readonly parseOutput?: (output: unknown) => unknown;
  /** Schemas of artifacts, which stand beside the handler. */
  readonly outputParts?: ExecutionAuthority['outputParts'];
}

/** What was run, where its code lies. */
export interface RecordedRun {
  readonly pluginRoot: string;
  readonly result: ExecuteResult;
}

/** Writes the plugin, runs it, and tells the observers what a runtime tells. */
export async function recordRun(script: RunScript, observer: ExecutionObserver): Promise<RecordedRun> {
  const pluginRoot = await temporaryFolder();
  await writeFile(join(pluginRoot, 'handler.mjs'), script.code);
  const result = await runIn(pluginRoot, script, observer);
  return { pluginRoot, result };
}

async function runIn(pluginRoot: string, script: RunScript, observer: ExecutionObserver): Promise<ExecuteResult> {
  const { input, host = {}, env = {}, plugin = { id: '@acme/review', version: '1.0.0' } } = script;
  const { executionId = randomUUID(), parseInput = same, parseOutput = same, outputParts = [] } = script;
  const stamp = { executionId, traceId: hex(16), spanId: hex(8), parentSpanId: undefined, pluginId: plugin.id };
  let seq = 0;
  const emit = (body: object): void => {
    // What a runtime stamps; the body is one of the union at each place where it is called.
    observer.observe({ ...body, ...stamp, seq: seq++, time: Date.now() } as ExecutionEvent);
  };
  emit({ type: 'execution-start', handler: './handler.mjs#handle', input });
  const authority = authorityOf(plugin, Object.keys(host), Object.keys(env));
  emit({ type: 'authorised', authority: { ...authority, outputParts } });
  emit({ type: 'stage-start', stage: 'handler' });
  const { signal } = new AbortController();
  const limits = LIMITS;
  const plan = {
    plugin: { ...plugin, root: pluginRoot },
    limits,
    env,
    policyDigest: 'p',
    isolation: { kind: 'execution' },
    signal,
  } as const;
  await using place = await directSandbox().acquire(plan);
  const { confinement, coldStart } = place;
  emit({ type: 'confined', confinement, coldStart });
  const handled = parseInput(input);
  emit({ type: 'handler-input', input: handled });
  const handler = { file: join(pluginRoot, 'handler.mjs'), export: 'handle' };
  const parts = outputParts.map(({ pointer, schema }) => {
    const [file = '', name = ''] = schema.split('#');
    return { pointer, schema: { file: join(pluginRoot, file), export: name } };
  });
  const schemas = { inputSchema: undefined, outputSchema: undefined, outputParts: parts };
  const call = { executionId, handler, ...schemas, input: handled, api: Object.keys(host), signal };
  const outcome = await place.run(call, hostOf(host, emit));
  emit({ type: 'stage-end', stage: 'handler', ms: 1, code: outcome.ok ? undefined : outcome.error.code });
  const traceparent = `00-${stamp.traceId}-${stamp.spanId}-01`;
  const lists = { artifacts: [], denials: [], operations: [], logs: [] };
  const left = { ...stamp, ...lists, traceparent, metrics: METRICS, confinement };
  const result: ExecuteResult = { ...endOf(outcome, parseOutput, emit), ...left };
  emit({ type: 'execution-end', result });
  return result;
}

type End = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: ErrorEnvelope };

/** Leads what the handler gave back through the host's own schema. */
function endOf(outcome: SandboxOutcome, parse: (output: unknown) => unknown, emit: (body: object) => void): End {
  if (!outcome.ok) return { ok: false, error: envelopeOf(outcome) };
  emit({ type: 'handler-output', output: outcome.value });
  try {
    return { ok: true, data: parse(outcome.value) };
  } catch (thrown) {
    if (!isPluginError(thrown)) throw thrown;
    emit({ type: 'stage-end', stage: 'output', ms: 1, code: thrown.code });
    return { ok: false, error: { ...envelopeOf({ error: thrown, guestError: undefined }), stage: 'output' } };
  }
}

function same(value: unknown): unknown {
  return value;
}

/** Answers calls by these functions, and tells of each. */
function hostOf(host: Readonly<Record<string, HostFunction>>, emit: (body: object) => void): SandboxHost {
  let calls = 0;
  return {
    async call(name, args) {
      const told = { type: 'host-call', call: calls++, name, args, callSpanId: hex(8), startTime: Date.now(), ms: 1 };
      try {
        const value: unknown = await Reflect.apply(host[name] ?? missing, undefined, [...args]);
        emit({ ...told, code: undefined, outcome: { ok: true, value } satisfies HostCallOutcome });
        return value;
      } catch (thrown) {
        const failure = isPluginError(thrown) ? thrown : createError('ERR_INTERNAL', String(thrown));
        const { code, message, hint, details } = failure;
        const outcome: HostCallOutcome = { ok: false, error: { code, message, hint, details } };
        emit({ ...told, code, outcome });
        throw failure;
      }
    },
    note: (note) => {
      if (note.kind !== 'log') return;
      const { level, source, text, fields } = note;
      emit({ type: 'log', log: { time: Date.now(), level, source, text, fields } });
    },
  };
}

const LIMITS = {
  timeoutMs: 10_000,
  startTimeoutMs: 10_000,
  cpuMs: 10_000,
  memoryMb: 256,
  maxOutputBytes: 65_536,
  maxResultBytes: 16_777_216,
  maxInFlight: 64,
  graceMs: 100,
};

const NONE = { used: 0, limit: undefined };
const METRICS: ExecutionMetrics = {
  wallMs: NONE,
  totalMs: 1,
  queueMs: NONE,
  startMs: NONE,
  cpuMs: NONE,
  peakMemoryBytes: NONE,
  hostCalls: NONE,
  hostCallsByName: {},
  denials: 0,
  bytesRead: NONE,
  bytesWritten: NONE,
  entriesRead: NONE,
  entriesWritten: NONE,
  fetches: NONE,
  bytesFetched: NONE,
  bytesSent: NONE,
  artifacts: NONE,
  artifactBytes: NONE,
  events: NONE,
  invokes: NONE,
  commands: NONE,
  outputBytes: NONE,
  resultBytes: NONE,
  leaked: [],
  coldStart: true,
  stages: [{ stage: 'handler', ms: 1 }],
};

function authorityOf(
  plugin: ExecutionAuthority['plugin'],
  functions: readonly string[],
  env: readonly string[],
): ExecutionAuthority {
  const { graceMs: _, ...limits } = LIMITS;
  const rest = { queueTimeoutMs: 1, maxConcurrency: 1, maxHostCalls: 1, maxBytesRead: 1, maxBytesWritten: 1 };
  const counted = { maxEntriesRead: 1, maxEntriesWritten: 1, maxFetches: 1, maxBytesFetched: 1, maxBytesSent: 1 };
  const others = {
    maxArtifacts: 1,
    maxArtifactBytes: 1,
    maxEvents: 1,
    maxInvokes: 1,
    maxCommands: 1,
    maxInvokeDepth: 1,
  };
  return {
    plugin,
    handler: './handler.mjs#handle',
    inputSchema: undefined,
    outputSchema: undefined,
    outputParts: [],
    manifestDigest: 'm',
    policyDigest: 'p',
    permissions: [{ fs: { mode: 'read', allow: ['.'] }, env: { allow: ['API_TOKEN', 'HOME'] } }],
    quotas: { ...limits, ...rest, ...counted, ...others },
    functions,
    env,
    dryRun: false,
  };
}

function envelopeOf({
  error,
  guestError,
}: Pick<SandboxOutcome & { ok: false }, 'error' | 'guestError'>): ErrorEnvelope {
  const { code, message, details, hint, retryable, http } = error;
  return {
    code,
    message,
    stage: 'handler',
    details,
    hint,
    retryable,
    http,
    cause: [],
    source: 'handler',
    error: guestError,
  };
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function missing(): never {
  throw createError('ERR_PERMISSION_DENIED', 'no such function');
}
