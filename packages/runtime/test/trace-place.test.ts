import { describe, expect, it } from 'vitest';
import { createIds } from '../src/ids.js';
import { openTracePlace } from '../src/trace-place.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const ids = createIds(() => Date.now());

describe('the place of an execution in a trace', () => {
  it.each(['00', '01'])('is the one that the caller names, with the flags %s', (flags) => {
    expect(openTracePlace(`00-${TRACE}-${PARENT}-${flags}`, ids)).toEqual({ traceId: TRACE, parentSpanId: PARENT });
  });

  it.each([undefined, '', TRACE, `00-${TRACE.toUpperCase()}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01\n`])(
    'is the root of a new trace for %j',
    (traceparent) => {
      const [one, other] = [openTracePlace(traceparent, ids), openTracePlace(traceparent, ids)];
      expect(one).toEqual({ traceId: expect.stringMatching(/^[\da-f]{32}$/u), parentSpanId: undefined });
      expect(new Set([one.traceId, other.traceId, TRACE]).size).toBe(3);
    },
  );
});
