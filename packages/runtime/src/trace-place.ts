import { randomBytes } from 'node:crypto';
import { parseTraceparent } from '@kb-labs/contracts';

/** Where an execution stands in a trace (W3C trace context). */
export interface TracePlace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the span that the execution hangs from. */
  readonly parentSpanId: string | undefined;
}

/**
 * The place that a `traceparent` names, or the root of a new trace where there is none or it is malformed. Its sampled flag is passed over:
 * whoever records decides what to keep.
 */
export function openTracePlace(traceparent: string | undefined): TracePlace {
  const named = parseTraceparent(traceparent);
  if (named === undefined) return { traceId: randomBytes(16).toString('hex'), parentSpanId: undefined };
  return { traceId: named.traceId, parentSpanId: named.spanId };
}

/** Makes ids of spans that differ from one another, and in all likelihood from those of other executions in the same trace. */
export function createSpanIds(): () => string {
  const base = randomBytes(5).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `${base}${(count % 0x1_00_00_00).toString(16).padStart(6, '0')}`;
  };
}
