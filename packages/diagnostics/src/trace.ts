import type { ErrorCode } from '@kb-labs/contracts';

/** What a span may carry: short, plain, and masked. */
export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

/** One thing that took time. Times in milliseconds, `startTime` since the epoch. */
export interface TraceSpan {
  readonly kind: 'execution' | 'stage' | 'host-call';
  /** 16 lower-case hex digits. That of a stage is made here, from the execution's and the stage's name. */
  readonly spanId: string;
  /** Of the span that it hangs from, which may be in another process. */
  readonly parentSpanId: string | undefined;
  readonly executionId: string;
  readonly pluginId: string;
  /** The handler, the stage, or the host function. */
  readonly name: string;
  readonly startTime: number;
  /** `undefined` while it is under way. */
  readonly ms: number | undefined;
  /** How it failed. */
  readonly code: ErrorCode | undefined;
  /** Host calls of the same execution that were under way when this one began. */
  readonly overlap: number;
  readonly attributes: TraceAttributes;
  /** Attributes that were left out or shortened. */
  readonly cut: number;
  /** By their start. */
  readonly children: readonly TraceSpan[];
}

/** All that was seen of one trace id: usually one execution, and those that it invoked below it. Frozen. */
export interface Trace {
  readonly traceId: string;
  readonly startTime: number;
  /** From the start of the first execution to the end of the last; `undefined` while one is under way. */
  readonly ms: number | undefined;
  /** Executions that hang from nothing in this trace. */
  readonly roots: readonly TraceSpan[];
  readonly spans: number;
  /** Spans that were not kept because there were too many. */
  readonly dropped: number;
}

/** Where an execution's spans are put together: a span whose children may still come. */
export type OpenSpan = Omit<TraceSpan, 'children'> & { readonly children: OpenSpan[] };

/** Every span of a trace, parents first. */
export function spansOf(trace: Trace): readonly TraceSpan[] {
  const spans: TraceSpan[] = [...trace.roots];
  // Grows while it is walked, so that no depth of nesting can overflow the stack.
  for (const span of spans) spans.push(...span.children);
  return spans;
}
