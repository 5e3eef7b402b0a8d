import { describe, expect, it } from 'vitest';
import { createSpanIds, formatTraceparent, parseTraceparent } from '../src/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('parseTraceparent', () => {
  it.each([`00-${TRACE}-${PARENT}-01`, `01-${TRACE}-${PARENT}-01`, `01-${TRACE}-${PARENT}-01-more`])(
    'continues the trace of %s',
    (traceparent) => {
      expect(parseTraceparent(traceparent)).toEqual({ traceId: TRACE, parentSpanId: PARENT });
    },
  );

  it.each([
    undefined,
    '',
    TRACE,
    `00-${TRACE}-${PARENT}-01-more`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-01\n`,
  ])('begins a new trace for %j', (traceparent) => {
    const { traceId, parentSpanId } = parseTraceparent(traceparent);
    expect(parentSpanId).toBeUndefined();
    expect(traceId).toMatch(/^[\da-f]{32}$/u);
    expect(traceId).not.toBe(TRACE);
  });
});

describe('a traceparent', () => {
  it('is read back as it was written', () => {
    const spanId = createSpanIds()();
    expect(parseTraceparent(formatTraceparent(TRACE, spanId))).toEqual({ traceId: TRACE, parentSpanId: spanId });
  });

  it('names spans that differ, within an execution and among executions', () => {
    const one = createSpanIds();
    const other = createSpanIds();
    const ids = Array.from({ length: 1000 }, () => [one(), other()]).flat();
    expect(new Set(ids).size).toBe(2000);
    expect(ids.every((id) => /^[\da-f]{16}$/u.test(id))).toBe(true);
  });
});
