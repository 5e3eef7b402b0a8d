import { formatTraceparent } from '@kb-labs/contracts';
import type {
  ArtifactInfo,
  AuditRecord,
  Clock,
  ConfinementReport,
  ErrorCode,
  ErrorEnvelope,
  ExecuteResult,
  ExecutionObserver,
  LogRecord,
  OperationRecord,
  StageName,
} from '@kb-labs/contracts';
import { abortError, assertNotAborted } from './abort.js';
import { withinDeadline } from './deadline.js';
import { describeThrown, toEnvelope } from './envelope.js';
import { createEmitter } from './observers.js';
import type { EventBody, RunIdentity } from './observers.js';
import { closeReceipt, openReceipt } from './receipt.js';
import type { Receipt } from './receipt.js';
import type { RuntimeLog } from './runtime-log.js';

/** Ends an execution: what was thrown in a stage, as the envelope that the caller gets. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
  readonly #envelope: ErrorEnvelope;

  constructor(envelope: ErrorEnvelope) {
    super(envelope.message);
    this.#envelope = envelope;
  }

  get envelope(): ErrorEnvelope {
    return this.#envelope;
  }

  /** Tells whether a thrown value is one, without touching a proxy. */
  static is(thrown: unknown): thrown is StageFailure {
    return typeof thrown === 'object' && thrown !== null && #envelope in thrown;
  }
}

/** Denials, operations and artifacts that a result holds. */
const MAX_DENIALS = 100;
const MAX_OPERATIONS = 1000;
const MAX_ARTIFACTS = 1000;

/** What one execution is about, and what ends it. */
export interface RunOptions {
  readonly identity: RunIdentity;
  /** Another one for each host call. */
  readonly nextSpanId: () => string;
  readonly observers: readonly ExecutionObserver[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: RuntimeLog;
}

/** The state of one execution. The stages fill it in; it tells the observers and writes the result. */
export class Run {
  readonly identity: RunIdentity;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: RuntimeLog;
  readonly receipt: Receipt;
  readonly nextSpanId: () => string;
  /** Monotonic; `undefined` before the handler is called. */
  handlerStart: number | undefined;
  readonly emit: (body: EventBody) => void;
  logs: readonly LogRecord[] = [];
  readonly #denials: AuditRecord[] = [];
  readonly #operations: OperationRecord[] = [];
  readonly #artifacts: ArtifactInfo[] = [];
  confinement: ConfinementReport | undefined;

  constructor(options: RunOptions) {
    this.identity = options.identity;
    this.nextSpanId = options.nextSpanId;
    this.signal = options.signal;
    this.clock = options.clock;
    this.log = options.log;
    this.receipt = openReceipt(options.clock.monotonic());
    this.emit = createEmitter(options);
  }

  /** Does the work of one stage: keeps its time, tells the observers, and turns whatever is thrown into a `StageFailure`. */
  async stage<T>(stage: StageName, work: () => T | Promise<T>): Promise<T> {
    const start = this.clock.monotonic();
    this.emit({ type: 'stage-start', stage });
    let failure: StageFailure | undefined;
    try {
      assertNotAborted(this.signal);
      return await work();
    } catch (thrown) {
      failure = this.#failure(thrown, stage);
      throw failure;
    } finally {
      const ms = this.clock.monotonic() - start;
      this.receipt.stages.push(Object.freeze({ stage, ms }));
      const code = failure?.envelope.code;
      this.emit({ type: 'stage-end', stage, ms, code });
      this.log.write('debug', 'stage-end', { executionId: this.identity.executionId, stage, ms, code });
    }
  }

  /** Hands over what must be closed. Failing to, or taking too long, goes to the runtime's log: the verdict of the run stands. */
  closing<T extends AsyncDisposable>(thing: T, graceMs: number): AsyncDisposable & { readonly value: T } {
    const deadline = { limitMs: 0, graceMs, signal: undefined, code: 'ERR_SANDBOX_CRASHED', duty: 'close' } as const;
    return {
      value: thing,
      [Symbol.asyncDispose]: async () => {
        try {
          await withinDeadline(thing[Symbol.asyncDispose](), { ...deadline, late: () => undefined });
        } catch (thrown) {
          this.#report('close-failed', thrown);
        }
      },
    };
  }

  /** Tells the observers of a decision, and keeps a denial for the result. */
  audit(record: AuditRecord): void {
    if (!record.decision.allowed && this.#denials.length < MAX_DENIALS) this.#denials.push(record);
    this.emit({ type: 'audit', audit: record });
  }

  /** Tells the observers of a change that the guest made, and keeps it for the result. */
  operation(operation: OperationRecord): void {
    if (this.#operations.length < MAX_OPERATIONS) this.#operations.push(operation);
    this.emit({ type: 'operation', operation });
  }

  /** Tells the observers of an artifact that was stored, and keeps it for the result. */
  artifact(artifact: ArtifactInfo): void {
    if (this.#artifacts.length < MAX_ARTIFACTS) this.#artifacts.push(artifact);
    this.emit({ type: 'artifact', artifact });
  }

  /** What a request on behalf of this execution carries. */
  get traceparent(): string {
    return formatTraceparent(this.identity);
  }

  /** The result of an execution that came through. */
  succeed(data: unknown): ExecuteResult {
    return this.#end({ ok: true, data, ...this.#record() });
  }

  /** The result of an execution that did not, whatever was thrown. */
  fail(thrown: unknown): ExecuteResult {
    const { envelope } = StageFailure.is(thrown) ? thrown : this.#failure(thrown, undefined);
    return this.#end({ ok: false, error: envelope, ...this.#record() });
  }

  #record(): Omit<Extract<ExecuteResult, { ok: false }>, 'ok' | 'error'> {
    const { confinement, traceparent } = this;
    const { executionId, traceId, pluginId } = this.identity;
    const metrics = closeReceipt(this.receipt, this.clock.monotonic());
    const logs = Object.freeze([...this.logs]);
    const denials = Object.freeze([...this.#denials]);
    const operations = Object.freeze([...this.#operations]);
    const left = { metrics, artifacts: Object.freeze([...this.#artifacts]), denials, operations, logs, confinement };
    return { executionId, traceId, traceparent, pluginId, ...left };
  }

  #end(result: ExecuteResult): ExecuteResult {
    this.emit({ type: 'execution-end', result: Object.freeze(result) });
    const { executionId, traceId, pluginId } = result;
    const fields = { executionId, traceId, pluginId, ok: result.ok, totalMs: result.metrics.totalMs };
    if (result.ok) this.log.write('info', 'execution-end', fields);
    else this.log.write('info', 'execution-end', { ...fields, code: result.error.code, stage: result.error.stage });
    return result;
  }

  #failure(thrown: unknown, stage: StageName | undefined): StageFailure {
    if (StageFailure.is(thrown)) return thrown;
    const envelope = toEnvelope(thrown, stage);
    if (envelope.code === 'ERR_INTERNAL') this.#report('internal-error', thrown);
    return new StageFailure(this.#endedByCaller(envelope.code) ? toEnvelope(abortError(this.signal), stage) : envelope);
  }

  /** Whether an error comes of the caller's signal: much in Node rejects with the bare reason, and only this side knows it in words. */
  #endedByCaller(code: ErrorCode): boolean {
    return this.signal.aborted && (code === 'ERR_INTERNAL' || code === 'ERR_ABORTED');
  }

  #report(event: string, thrown: unknown): void {
    const { executionId, pluginId } = this.identity;
    this.log.write('error', event, { executionId, pluginId, error: describeThrown(thrown) });
  }
}
