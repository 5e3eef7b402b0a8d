import type { AuditRecord, ExecuteResult, ExecutionEvent, ExecutionObserver } from '@kb-labs/contracts';
import type { ParsedAnalyticsOptions } from './analytics-options.js';
import { executionAttributes, openExecution } from './execution-attributes.js';
import type { OpenExecution } from './execution-attributes.js';
import type { Recorder } from './recorder.js';

/** Executions that are watched at once; the one that began first is forgotten where there are more. */
const MAX_OPEN = 4096;
/** What one execution can bring forth beside its own record: a guest decides how often it is denied, logs or reports progress. */
const MAX_NOTES = 200;

type Told<Type extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: Type }>;

/** Turns the events of executions into records: few, and without what guests wrote unless the host asked for it. */
export class ExecutionWatch implements ExecutionObserver {
  readonly #recorder: Recorder;
  readonly #options: ParsedAnalyticsOptions;
  readonly #open = new Map<string, OpenExecution>();

  constructor(recorder: Recorder, options: ParsedAnalyticsOptions) {
    this.#recorder = recorder;
    this.#options = options;
  }

  observe(event: ExecutionEvent): void {
    const { payloads } = this.#options;
    switch (event.type) {
      case 'execution-start':
        this.#execution(event).handler = event.handler;
        if (payloads.has('input')) this.#note(event, 'input', { input: event.input });
        return;
      case 'authorised':
        this.#execution(event).version = event.authority.plugin.version;
        this.#execution(event).dryRun = event.authority.dryRun;
        return;
      case 'stage-end':
        this.#execution(event).stages.push({ stage: event.stage, ms: event.ms, code: event.code, endedAt: event.time });
        return;
      case 'confined':
        this.#execution(event).adapter = event.confinement.adapter;
        this.#execution(event).coldStart = event.coldStart;
        return;
      case 'audit':
        if (!event.audit.decision.allowed) this.#note(event, 'denial', denial(event.audit, payloads.has('targets')));
        return;
      case 'log':
        if (payloads.has('logs')) this.#note(event, 'log', event.log);
        return;
      case 'progress':
        if (payloads.has('progress'))
          this.#note(event, 'progress', { message: event.message, fraction: event.fraction });
        return;
      case 'execution-end':
        this.#end(event, event.result);
        return;
      case 'host-call':
        this.#countCall(event);
        return;
      case 'operation':
        this.#countOperation(event);
        return;
      case 'artifact':
      case 'stage-start':
        // Their ends and sums are in the record of the execution.
        return;
      case 'handler-input':
      case 'handler-output':
        // What the caller handed in, and what it got, is what `input` and `output` send.
        return;
      default:
        event satisfies never;
    }
  }

  #execution({ executionId }: ExecutionEvent): OpenExecution {
    const known = this.#open.get(executionId);
    if (known !== undefined) return known;
    const execution = openExecution();
    this.#open.set(executionId, execution);
    if (this.#open.size > MAX_OPEN) this.#open.delete(this.#open.keys().next().value ?? '');
    return execution;
  }

  #countCall(event: Told<'host-call'>): void {
    const { call, name, code, ms, args, outcome } = event;
    const { failedCalls } = this.#execution(event);
    if (code !== undefined) failedCalls.set(code, (failedCalls.get(code) ?? 0) + 1);
    const { payloads } = this.#options;
    if (!payloads.has('arguments') && !payloads.has('answers')) return;
    this.#note(event, 'host-call', {
      call,
      name,
      code,
      ms,
      ...(payloads.has('arguments') ? { args } : {}),
      ...(payloads.has('answers') ? { answer: outcome.ok ? outcome.value : outcome.error.message } : {}),
    });
  }

  #countOperation(event: Told<'operation'>): void {
    const { name, target, destination, reversible, dryRun } = event.operation;
    const execution = this.#execution(event);
    execution.operations += 1;
    if (!reversible) execution.irreversible += 1;
    if (!this.#options.payloads.has('targets')) return;
    this.#note(event, 'operation', { name, target, destination, reversible, dryRun });
  }

  #note(event: ExecutionEvent, name: string, attributes: object): void {
    const execution = this.#execution(event);
    if (execution.notes >= MAX_NOTES) {
      execution.lost += 1;
      return;
    }
    execution.notes += 1;
    this.#recorder.record({ source: 'runtime', identity: event, name, attributes, time: event.time });
  }

  #end(event: ExecutionEvent, result: ExecuteResult): void {
    const execution = this.#execution(event);
    this.#open.delete(event.executionId);
    const { payloads } = this.#options;
    const attributes = executionAttributes(execution, result, { stamp: event, payloads });
    const { time } = event;
    this.#recorder.record({
      source: 'runtime',
      identity: event,
      name: 'execution',
      attributes,
      time,
      cut: execution.lost,
    });
  }
}

function denial({ kind, operation, target, decision }: AuditRecord, withTarget: boolean): object {
  return {
    kind,
    operation,
    reason: decision.allowed ? undefined : decision.reason,
    rule: 'rule' in decision ? decision.rule : undefined,
    target: withTarget ? target : undefined,
  };
}
