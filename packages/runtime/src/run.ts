import type {
  ArtifactInfo,
  AuditRecord,
  Clock,
  ConfinementReport,
  ErrorCode,
  ExecuteResult,
  ExecutionObserver,
  LogRecord,
  OperationRecord,
  StageName,
} from '@kb-labs/contracts';
import { abortError, assertNotAborted, isPending } from './abort.js';
import type { LinkedSignal } from './abort.js';
import { closeInTime } from './close-in-time.js';
import type { Timers } from './deadline.js';
import { describeThrown, toEnvelope } from './envelope.js';
import { KeptRecords } from './kept-records.js';
import { createEmitter } from './observers.js';
import type { EventBody, RunIdentity } from './observers.js';
import { KNOWN_STAGES, openReceipt } from './receipt.js';
import type { Receipt, StageTime } from './receipt.js';
import { failed, succeeded } from './run-result.js';
import type { EndedRun } from './run-result.js';
import type { RuntimeLog } from './runtime-log.js';
import { StageFailure } from './stage-failure.js';

/** What one execution is about, and what ends it. */
export interface RunOptions {
  readonly identity: RunIdentity;
  /** Another one for each host call. */
  readonly nextSpanId: () => string;
  readonly observers: readonly ExecutionObserver[];
  readonly line: LinkedSignal;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: RuntimeLog;
}

/** The state of one execution. The stages fill it in; it tells the observers and writes the result. */
export class Run implements EndedRun {
  readonly identity: RunIdentity;
  /** What ends it. Its `signal` is made for the first who asks. */
  readonly line: LinkedSignal;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: RuntimeLog;
  readonly receipt: Receipt;
  readonly nextSpanId: () => string;
  /** Whether anybody is told: what nobody hears need not be put together. */
  readonly isObserved: boolean;
  /** Monotonic; `undefined` before the handler is called. */
  handlerStart: number | undefined;
  readonly emit: (body: EventBody) => void;
  logs: readonly LogRecord[] = NO_LOGS;
  readonly kept: KeptRecords = new KeptRecords();
  /** Monotonic: where the stage begins that comes next. */
  #now: number;
  readonly #tellsStages: boolean;
  confinement: ConfinementReport | undefined;

  constructor(options: RunOptions) {
    this.identity = options.identity;
    this.nextSpanId = options.nextSpanId;
    this.line = options.line;
    this.timers = options.timers;
    this.clock = options.clock;
    this.log = options.log;
    this.#now = options.clock.monotonic();
    this.receipt = openReceipt(this.#now);
    this.isObserved = options.observers.length > 0;
    this.#tellsStages = options.log.keeps('debug');
    this.emit = createEmitter(options);
  }

  /** Monotonic: when the stage began that is under way. */
  get stageStart(): number {
    return this.#now;
  }

  /** Ends it from outside. */
  get signal(): AbortSignal {
    return this.line.signal;
  }

  /**
   * Does the work of one stage: keeps its time, tells the observers, and turns whatever is thrown into a `StageFailure`. Work that is done at once
   * is returned at once. A stage begins where the one before has ended. `isWait`: it does nothing but wait, so that without a wait it takes no time.
   */
  stage<T>(stage: StageName, work: () => T | PromiseLike<T>, isWait = false): T | Promise<T> {
    this.#begin(stage);
    let outcome: T | PromiseLike<T>;
    try {
      assertNotAborted(this.line);
      outcome = work();
    } catch (thrown) {
      throw this.#endFailed(stage, thrown);
    }
    if (isPending(outcome)) return this.#endLater(stage, outcome);
    this.#end(stage, undefined, isWait ? KNOWN_STAGES[stage] : undefined);
    return outcome;
  }

  /** A stage that decides at once; what was decided before is recalled, and takes no time. */
  decide<T>(stage: StageName, recalled: T | undefined, work: () => T): T {
    if (recalled !== undefined) return this.known(stage, recalled);
    this.#begin(stage);
    let decided: T;
    try {
      assertNotAborted(this.line);
      decided = work();
    } catch (thrown) {
      throw this.#endFailed(stage, thrown);
    }
    this.#end(stage, undefined);
    return decided;
  }

  /** A stage whose answer is known already: it takes no time. */
  known<T>(stage: StageName, answer: T): T {
    this.#begin(stage);
    if (this.line.aborted) throw this.#endFailed(stage, abortError(this.line));
    this.#end(stage, undefined, KNOWN_STAGES[stage]);
    return answer;
  }

  /** The stage that was under way has ended well. For whoever leads a run without `stage`, where nobody is told when one begins. */
  passed(stage: StageName): void {
    this.#end(stage, undefined);
  }

  /** The stage that was under way has ended with what was thrown. */
  failedIn(stage: StageName, thrown: unknown): StageFailure {
    return this.#endFailed(stage, thrown);
  }

  async #endLater<T>(stage: StageName, outcome: PromiseLike<T>): Promise<T> {
    let value: T;
    try {
      value = await outcome;
    } catch (thrown) {
      throw this.#endFailed(stage, thrown);
    }
    this.#end(stage, undefined);
    return value;
  }

  #begin(stage: StageName): void {
    if (this.isObserved) this.emit({ type: 'stage-start', stage });
  }

  #endFailed(stage: StageName, thrown: unknown): StageFailure {
    const failure = this.#failure(thrown, stage);
    this.#end(stage, failure.envelope.code);
    return failure;
  }

  #end(stage: StageName, code: ErrorCode | undefined, known?: StageTime): void {
    const time = known ?? this.#timeOf(stage);
    this.receipt.stages.push(time);
    const { ms } = time;
    if (stage === 'handler') this.receipt.wallMs = ms;
    if (this.isObserved) this.emit({ type: 'stage-end', stage, ms, code });
    if (this.#tellsStages) {
      this.log.write('debug', 'stage-end', { executionId: this.identity.executionId, stage, ms, code });
    }
  }

  #timeOf(stage: StageName): StageTime {
    const start = this.#now;
    this.#now = this.clock.monotonic();
    return Object.freeze({ stage, ms: this.#now - start });
  }

  /** Closes what was opened, and has nothing to wait for where that was done at once. Failing to, or taking too long, goes to the runtime's log: the verdict of the run stands. */
  close(thing: AsyncDisposable, graceMs: number): Promise<void> | undefined {
    const report = (thrown: unknown): void => this.#report('close-failed', thrown);
    return closeInTime(thing, { graceMs, timers: this.timers, report });
  }

  /** Tells the observers of a decision, and keeps a denial for the result. */
  audit(record: AuditRecord): void {
    this.kept.audit(record);
    this.emit({ type: 'audit', audit: record });
  }

  /** Tells the observers of a change that the guest made, and keeps it for the result. */
  operation(operation: OperationRecord): void {
    this.kept.operation(operation);
    this.emit({ type: 'operation', operation });
  }

  /** Tells the observers of an artifact that was stored, and keeps it for the result. */
  artifact(artifact: ArtifactInfo): void {
    this.kept.artifact(artifact);
    this.emit({ type: 'artifact', artifact });
  }

  /** What a request on behalf of this execution carries. */
  get traceparent(): string {
    const { traceId, spanId } = this.identity;
    return `00-${traceId}-${spanId}-01`;
  }

  /** The result of an execution that came through. `endedAt`, monotonic, is for whoever has looked at the clock just now. */
  succeed(data: unknown, endedAt: number = this.clock.monotonic()): ExecuteResult {
    return this.#finish(succeeded(this, data, endedAt));
  }

  /** The result of an execution that did not, whatever was thrown. */
  fail(thrown: unknown): ExecuteResult {
    const { envelope } = StageFailure.is(thrown) ? thrown : this.#failure(thrown, undefined);
    return this.#finish(failed(this, envelope, this.clock.monotonic()));
  }

  #finish(result: ExecuteResult): ExecuteResult {
    if (this.isObserved) this.emit({ type: 'execution-end', result });
    if (!this.log.keeps('info')) return result;
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
    return new StageFailure(this.#endedByCaller(envelope.code) ? toEnvelope(abortError(this.line), stage) : envelope);
  }

  /** Whether an error comes of the caller's signal: much in Node rejects with the bare reason, and only this side knows it in words. */
  #endedByCaller(code: ErrorCode): boolean {
    return this.line.aborted && (code === 'ERR_INTERNAL' || code === 'ERR_ABORTED');
  }

  #report(event: string, thrown: unknown): void {
    const { executionId, pluginId } = this.identity;
    this.log.write('error', event, { executionId, pluginId, error: describeThrown(thrown) });
  }
}

const NO_LOGS: readonly never[] = Object.freeze([]);
