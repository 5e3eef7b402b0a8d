import { formatTraceparent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createSpanIds, openTracePlace } from '../src/trace-place.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('the place of an execution in a trace', () => {
  it.each(['00', '01'])('is the one that the caller names, with the flags %s', (flags) => {
    expect(openTracePlace(`00-${TRACE}-${PARENT}-${flags}`)).toEqual({ traceId: TRACE, parentSpanId: PARENT });
  });

  it.each([undefined, '', TRACE, `00-${TRACE.toUpperCase()}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01\n`])(
    'is the root of a new trace for %j',
    (traceparent) => {
      const [one, other] = [openTracePlace(traceparent), openTracePlace(traceparent)];
      expect(one).toEqual({ traceId: expect.stringMatching(/^[\da-f]{32}$/u), parentSpanId: undefined });
      expect(new Set([one.traceId, other.traceId, TRACE]).size).toBe(3);
    },
  );
});

describe('ids of spans', () => {
  it('name spans, which a traceparent can tell', () => {
    const spanId = createSpanIds()();
    const traceparent = formatTraceparent({ traceId: TRACE, spanId });
    expect(openTracePlace(traceparent)).toEqual({ traceId: TRACE, parentSpanId: spanId });
  });

  it('differ within an execution and among executions', () => {
    const one = createSpanIds();
    const other = createSpanIds();
    const ids = Array.from({ length: 1000 }, () => [one(), other()]).flat();
    expect(new Set(ids).size).toBe(2000);
    expect(ids.every((id) => /^[\da-f]{16}$/u.test(id))).toBe(true);
  });
});
