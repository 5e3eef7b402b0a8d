import { randomBytes } from 'node:crypto';

/** Where an execution stands in a trace (W3C trace context). */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the span that the execution hangs from. */
  readonly parentSpanId: string | undefined;
}

// https://www.w3.org/TR/trace-context/#traceparent-header
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/u;

/** The place that a `traceparent` names, or the root of a new trace where there is none or it is malformed. */
export function parseTraceparent(traceparent: string | undefined): TraceContext {
  const match = TRACEPARENT.exec(traceparent?.slice(0, 512) ?? '');
  const [, version, traceId, parentSpanId, rest] = match ?? [];
  if (version === undefined || traceId === undefined || parentSpanId === undefined) return newTrace();
  if (version === 'ff' || (version === '00' && rest !== undefined)) return newTrace();
  if (/^0+$/u.test(traceId) || /^0+$/u.test(parentSpanId)) return newTrace();
  return { traceId, parentSpanId };
}

/** The header that names a span. Everything is sampled: whoever records decides what to keep. */
export function formatTraceparent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
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

function newTrace(): TraceContext {
  return { traceId: randomBytes(16).toString('hex'), parentSpanId: undefined };
}
