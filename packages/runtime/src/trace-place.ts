import { parseTraceparent } from '@kb-labs/contracts';
import type { Ids } from './ids.js';

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
export function openTracePlace(traceparent: string | undefined, ids: Ids): TracePlace {
  const named = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (named === undefined) return { traceId: ids.traceId(), parentSpanId: undefined };
  return { traceId: named.traceId, parentSpanId: named.spanId };
}
