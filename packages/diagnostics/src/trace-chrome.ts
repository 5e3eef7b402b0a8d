import type { Trace, TraceAttributes, TraceSpan } from './trace.js';
import { spansOf } from './trace.js';

/** An event of the Chrome trace event format. `ts` and `dur` in microseconds. */
export type ChromeTraceEvent =
  | {
      readonly ph: 'X';
      readonly name: string;
      readonly cat: TraceSpan['kind'];
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly dur: number;
      readonly args: TraceAttributes;
    }
  | {
      /** From the host call to the execution that it set off. */
      readonly ph: 's' | 'f';
      readonly bp?: 'e';
      readonly id: string;
      readonly name: 'invoke';
      readonly cat: 'invoke';
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
    }
  | {
      readonly ph: 'M';
      readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index';
      readonly pid: number;
      readonly tid: number;
      readonly args: Readonly<Record<string, string | number>>;
    };

/** A file that chrome://tracing and Perfetto open, once it is written as JSON. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string | number>>;
  readonly traceEvents: readonly ChromeTraceEvent[];
}

/** Times on one thread, which must lie inside one another or apart: times of the same clock may be off by its grain. */
interface Slice {
  readonly ts: number;
  readonly end: number;
}

/**
 * Writes a trace in the Chrome trace event format: a process for each execution, a thread for its stages, and as many more as host calls were under
 * way at once. What is still under way ends where the trace does. Times are fitted into those of the parent.
 */
export function toChromeTrace(trace: Trace): ChromeTrace {
  const spans = spansOf(trace);
  const last = spans.reduce((end, span) => Math.max(end, span.startTime + (span.ms ?? 0)), trace.startTime);
  const writer = new ChromeWriter(trace.startTime, last);
  let pid = 0;
  for (const span of spans) {
    if (span.kind !== 'execution') continue;
    pid += 1;
    writer.writeExecution(span, pid);
  }
  writer.writeFlows(spans);
  return {
    displayTimeUnit: 'ms',
    otherData: { traceId: trace.traceId, droppedSpans: trace.dropped },
    traceEvents: writer.events,
  };
}

class ChromeWriter {
  readonly events: ChromeTraceEvent[] = [];
  readonly #places = new Map<string, { readonly pid: number; readonly tid: number; readonly ts: number }>();
  readonly #zero: number;
  readonly #last: number;

  constructor(zero: number, last: number) {
    this.#zero = zero;
    this.#last = last;
  }

  writeExecution(execution: TraceSpan, pid: number): void {
    const { pluginId, name, children } = execution;
    this.#meta('process_name', { pid, tid: 0, args: { name: `${pluginId} ${name}` } });
    this.#meta('process_sort_index', { pid, tid: 0, args: { sort_index: pid } });
    this.#meta('thread_name', { pid, tid: 1, args: { name: 'stages' } });
    const slice = this.#slice(execution, { ts: 0, end: Number.MAX_SAFE_INTEGER });
    this.#write(execution, { pid, tid: 1 }, slice);
    const calls = children.filter(({ kind }) => kind === 'host-call');
    let from = slice.ts;
    for (const stage of children) {
      if (stage.kind !== 'stage') continue;
      const within = this.#slice(stage, { ts: from, end: slice.end });
      from = within.end;
      this.#write(stage, { pid, tid: 1 }, within);
      calls.push(...stage.children.filter(({ kind }) => kind === 'host-call'));
    }
    this.#writeCalls(calls, pid, slice);
  }

  /** Puts each call on the first thread that is free at its beginning. */
  #writeCalls(calls: readonly TraceSpan[], pid: number, within: Slice): void {
    const freeFrom: number[] = [];
    for (const call of calls) {
      const slice = this.#slice(call, within);
      const free = freeFrom.findIndex((ts) => ts <= slice.ts);
      const lane = free === -1 ? freeFrom.length : free;
      const tid = lane + 2;
      if (free === -1) this.#meta('thread_name', { pid, tid, args: { name: `host calls ${lane + 1}` } });
      freeFrom[lane] = slice.end;
      this.#write(call, { pid, tid }, slice);
    }
  }

  /** An arrow from each host call to the executions below it. */
  writeFlows(spans: readonly TraceSpan[]): void {
    for (const span of spans) {
      if (span.kind !== 'execution' || span.parentSpanId === undefined) continue;
      const from = this.#places.get(span.parentSpanId);
      const to = this.#places.get(span.spanId);
      if (from === undefined || to === undefined) continue;
      const flow = { id: span.spanId, name: 'invoke', cat: 'invoke' } as const;
      this.events.push({ ph: 's', ...flow, ...from }, { ph: 'f', bp: 'e', ...flow, ...to });
    }
  }

  #slice({ startTime, ms }: TraceSpan, within: Slice): Slice {
    const ts = clamp(Math.round((startTime - this.#zero) * 1000), within);
    const end = clamp(Math.round(((ms === undefined ? this.#last : startTime + ms) - this.#zero) * 1000), within);
    return { ts, end: Math.max(ts, end) };
  }

  #write(span: TraceSpan, place: { readonly pid: number; readonly tid: number }, { ts, end }: Slice): void {
    const { kind, name, spanId, code, attributes, cut, overlap } = span;
    const label = kind === 'host-call' && attributes['target'] !== undefined ? `${name} ${attributes['target']}` : name;
    const args = {
      ...attributes,
      spanId,
      ...(code === undefined ? {} : { code }),
      ...(overlap === 0 ? {} : { overlap }),
      ...(cut === 0 ? {} : { cut }),
    };
    if (!this.#places.has(spanId)) this.#places.set(spanId, { ...place, ts });
    this.events.push({ ph: 'X', name: label, cat: kind, ...place, ts, dur: end - ts, args });
  }

  #meta(
    name: Extract<ChromeTraceEvent, { ph: 'M' }>['name'],
    rest: Omit<Extract<ChromeTraceEvent, { ph: 'M' }>, 'ph' | 'name'>,
  ): void {
    this.events.push({ ph: 'M', name, ...rest });
  }
}

function clamp(value: number, { ts, end }: Slice): number {
  return Math.min(Math.max(value, ts), end);
}
