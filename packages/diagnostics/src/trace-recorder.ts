import type { ExecutionEvent, ExecutionObserver } from '@kb-labs/contracts';
import { createMasker } from '@kb-labs/redaction';
import type { Masker, MaskOptions } from '@kb-labs/redaction';
import { z } from 'zod';
import { parseOptions } from './options.js';
import type { Trace, TraceSpan } from './trace.js';
import { TracedExecution } from './trace-execution.js';
import { hangExecutions } from './trace-forest.js';

/** What is kept, and what is secret in it. What does not fit is `ERR_CONFIG_INVALID`. */
export interface TraceRecorderOptions {
  /** Traces that are kept, the newest. Default 100. */
  readonly maxTraces?: number;
  /** Spans of each trace that are kept, the first. Default 2 000. */
  readonly maxSpans?: number;
  /** What is masked in targets and messages besides what looks like a secret. */
  readonly redaction?: MaskOptions;
}

/** What was not kept since the recorder was made. */
export interface TraceRecorderStats {
  readonly traces: number;
  readonly droppedTraces: number;
  readonly droppedSpans: number;
  /** Events of executions whose beginning was not seen, or whose trace was dropped. */
  readonly lostEvents: number;
}

/** Keeps the last traces in memory, and makes a tree of one when it is asked for. */
export interface TraceRecorder extends ExecutionObserver {
  /** The trace as it is now; `undefined` where it is not known or was dropped. */
  find(traceId: string): Trace | undefined;
  /** Ids of the traces that are kept, oldest first. */
  traceIds(): readonly string[];
  stats(): TraceRecorderStats;
}

const LIMITS = z.strictObject({
  maxTraces: z.int().min(1).max(100_000).default(100),
  maxSpans: z.int().min(1).max(50_000).default(2000),
  redaction: z.unknown().optional(),
});

/**
 * Makes an observer that keeps what executions did, and how long each part took. Of the arguments of host calls it keeps what the call is about, of
 * answers nothing; all of it masked, bounded and in memory alone.
 */
export function createTraceRecorder(options: TraceRecorderOptions = {}): TraceRecorder {
  const { maxTraces, maxSpans } = parseOptions(LIMITS, options);
  return new Recorder({ maxTraces, maxSpans }, createMasker(options.redaction ?? {}, '/redaction'));
}

interface Kept {
  readonly traceId: string;
  readonly executions: TracedExecution[];
  spans: number;
  dropped: number;
}

interface Running {
  readonly kept: Kept;
  /** `undefined` where the trace had no room for it: what it does is counted. */
  readonly execution: TracedExecution | undefined;
}

class Recorder implements TraceRecorder {
  readonly #limits: { readonly maxTraces: number; readonly maxSpans: number };
  readonly #masker: Masker;
  readonly #traces = new Map<string, Kept>();
  readonly #running = new Map<string, Running>();
  #droppedTraces = 0;
  #droppedSpans = 0;
  #lostEvents = 0;

  constructor(limits: { readonly maxTraces: number; readonly maxSpans: number }, masker: Masker) {
    this.#limits = limits;
    this.#masker = masker;
  }

  observe(event: ExecutionEvent): void {
    if (event.type === 'execution-start') {
      this.#start(event);
      return;
    }
    const running = this.#running.get(event.executionId);
    if (event.type === 'execution-end') this.#running.delete(event.executionId);
    if (running === undefined) {
      this.#lostEvents += 1;
      return;
    }
    const { kept, execution } = running;
    if (event.type !== 'stage-start' && event.type !== 'host-call') {
      execution?.note(event);
    } else if (this.#hasRoom(kept)) {
      if (event.type === 'host-call') execution?.addCall(event);
      else execution?.startStage(event);
    }
  }

  find(traceId: string): Trace | undefined {
    const kept = this.#traces.get(traceId);
    if (kept === undefined) return undefined;
    const { roots, spans } = hangExecutions(kept.executions.map((execution) => execution.build()));
    const startTime = roots.reduce((first, root) => Math.min(first, root.startTime), Number.POSITIVE_INFINITY);
    const end = endOf(spans);
    const ms = end === undefined ? undefined : end - startTime;
    return Object.freeze({ traceId, startTime, ms, roots, spans: spans.length, dropped: kept.dropped });
  }

  traceIds(): readonly string[] {
    return [...this.#traces.keys()];
  }

  stats(): TraceRecorderStats {
    return {
      traces: this.#traces.size,
      droppedTraces: this.#droppedTraces,
      droppedSpans: this.#droppedSpans,
      lostEvents: this.#lostEvents,
    };
  }

  #start(event: Extract<ExecutionEvent, { type: 'execution-start' }>): void {
    const kept = this.#traces.get(event.traceId) ?? this.#open(event.traceId);
    const execution = this.#hasRoom(kept) ? new TracedExecution(event, this.#masker) : undefined;
    if (execution !== undefined) kept.executions.push(execution);
    this.#running.set(event.executionId, { kept, execution });
  }

  #open(traceId: string): Kept {
    const kept: Kept = { traceId, executions: [], spans: 0, dropped: 0 };
    this.#traces.set(traceId, kept);
    const [oldest] = this.#traces.values();
    if (this.#traces.size > this.#limits.maxTraces && oldest !== undefined) this.#drop(oldest);
    return kept;
  }

  #drop(oldest: Kept): void {
    this.#traces.delete(oldest.traceId);
    this.#droppedTraces += 1;
    this.#droppedSpans += oldest.spans;
    for (const [executionId, { kept }] of this.#running) if (kept === oldest) this.#running.delete(executionId);
  }

  #hasRoom(kept: Kept): boolean {
    if (kept.spans < this.#limits.maxSpans) {
      kept.spans += 1;
      return true;
    }
    kept.dropped += 1;
    this.#droppedSpans += 1;
    return false;
  }
}

/** When the last of the executions ended; `undefined` while one is under way. */
function endOf(spans: readonly TraceSpan[]): number | undefined {
  let end = Number.NEGATIVE_INFINITY;
  for (const { kind, startTime, ms } of spans) {
    if (kind !== 'execution') continue;
    if (ms === undefined) return undefined;
    end = Math.max(end, startTime + ms);
  }
  return end;
}
