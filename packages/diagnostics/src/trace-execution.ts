import type { ErrorCode, EventStamp, ExecutionEvent, StageName } from '@kb-labs/contracts';
import type { Masker } from '@kb-labs/redaction';
import type { OpenSpan } from './trace.js';
import { BoundAttributes } from './trace-attributes.js';
import { callTarget } from './trace-call-target.js';
import { buildSpans } from './trace-spans.js';
import type { CallNote, StageNote } from './trace-spans.js';

type Told<Type extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: Type }>;

const MAX_NAME = 256;
/** Of what is longer, so much is kept until it is masked: a secret that begins where it will be cut is seen whole. */
const MAX_TARGET = 8192;

/** A host call, not yet masked. */
type TracedCall = Omit<CallNote, 'attributes' | 'cut'> & {
  readonly target: string | undefined;
  readonly failure: BoundAttributes | undefined;
};

/** What is kept of one execution, until somebody asks for the trace. */
export class TracedExecution {
  readonly stamp: EventStamp;
  readonly #masker: Masker;
  readonly #name: string;
  readonly #facts: BoundAttributes;
  readonly #stages = new Map<StageName, StageNote>();
  readonly #calls: TracedCall[] = [];
  readonly #counts = { logs: 0, warnings: 0, denials: 0, operations: 0, artifacts: 0 };
  #ms: number | undefined;
  #code: ErrorCode | undefined;

  constructor(event: Told<'execution-start'>, masker: Masker) {
    const { executionId, traceId, spanId, parentSpanId, pluginId, seq, time } = event;
    this.stamp = { executionId, traceId, spanId, parentSpanId, pluginId, seq, time };
    this.#masker = masker;
    this.#name = event.handler.slice(0, MAX_NAME);
    this.#facts = new BoundAttributes(masker);
  }

  /** Takes an event that brings no span. */
  note(event: Exclude<ExecutionEvent, Told<'execution-start' | 'stage-start' | 'host-call'>>): void {
    switch (event.type) {
      case 'stage-end':
        this.#endStage(event);
        return;
      case 'authorised':
        this.#facts.set('version', event.authority.plugin.version);
        this.#facts.set('dryRun', event.authority.dryRun ? true : undefined);
        return;
      case 'confined':
        this.#facts.set('adapter', event.confinement.adapter);
        this.#facts.set('coldStart', event.coldStart);
        return;
      case 'log':
        this.#counts.logs += 1;
        if (event.log.level === 'warn' || event.log.level === 'error') this.#counts.warnings += 1;
        return;
      case 'audit':
        if (!event.audit.decision.allowed) this.#counts.denials += 1;
        return;
      case 'operation':
        this.#counts.operations += 1;
        return;
      case 'artifact':
        this.#counts.artifacts += 1;
        return;
      case 'execution-end':
        this.#end(event);
        return;
      case 'progress':
      case 'handler-input':
      case 'handler-output':
        return;
      default:
        event satisfies never;
    }
  }

  startStage({ stage, time }: Told<'stage-start'>): void {
    this.#stages.set(stage, { stage, startTime: time, ms: undefined, code: undefined });
  }

  /**
   * Takes a host call that has ended, and keeps nothing of its arguments and its answer but what it is about. That is masked when the trace is
   * asked for: masking it here would take longer than all else (measured: 6 µs of 7).
   */
  addCall({ call, name, callSpanId, startTime, ms, code, args, outcome }: Told<'host-call'>): void {
    // A guest that listens no more gives up the call by which it listened.
    const told = name === 'events.next' && code === 'ERR_ABORTED' ? undefined : code;
    const note = { call, name: name.slice(0, MAX_NAME), callSpanId, startTime, ms, code: told };
    const failure = outcome.ok ? undefined : new BoundAttributes(this.#masker);
    if (!outcome.ok) {
      failure?.set('message', outcome.error.message);
      failure?.setAll('details', outcome.error.details);
    }
    this.#calls.push({ ...note, target: shortText(callTarget(name, args)), failure });
  }

  /** The spans as they are now, below that of the execution. */
  build(): OpenSpan {
    const counts = Object.entries(this.#counts).filter(([, count]) => count > 0);
    return buildSpans({
      stamp: this.stamp,
      name: this.#name,
      ms: this.#ms,
      code: this.#code,
      attributes: { ...this.#facts.values, ...Object.fromEntries(counts) },
      cut: this.#facts.cut,
      stages: [...this.#stages.values()],
      calls: this.#calls.map((call) => this.#callNote(call)),
    });
  }

  #callNote({ target, failure, ...note }: TracedCall): CallNote {
    const attributes = new BoundAttributes(this.#masker);
    attributes.set('target', target);
    const cut = attributes.cut + (failure?.cut ?? 0);
    return { ...note, attributes: { ...attributes.values, ...failure?.values }, cut };
  }

  #endStage({ stage, ms, code }: Told<'stage-end'>): void {
    const note = this.#stages.get(stage);
    if (note !== undefined) this.#stages.set(stage, { ...note, ms, code });
  }

  #end({ result }: Told<'execution-end'>): void {
    const { totalMs, cpuMs, peakMemoryBytes } = result.metrics;
    this.#ms = totalMs;
    this.#facts.set('cpuMs', cpuMs.used);
    this.#facts.set('peakMemoryBytes', peakMemoryBytes.used);
    if (result.ok) return;
    this.#code = result.error.code;
    this.#facts.set('failedStage', result.error.stage);
    this.#facts.set('message', result.error.message);
  }
}

function shortText(text: string | undefined): string | undefined {
  // A mere slice would keep all of a text alive that it is a part of.
  return text === undefined || text.length <= MAX_TARGET ? text : Buffer.from(text.slice(0, MAX_TARGET)).toString();
}
