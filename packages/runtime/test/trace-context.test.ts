import { describe, expect, it } from 'vitest';
import { traceIdOf } from '../src/trace-id.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('traceIdOf', () => {
  it.each([`00-${TRACE}-${PARENT}-01`, `01-${TRACE}-${PARENT}-01`, `01-${TRACE}-${PARENT}-01-more`])(
    'continues the trace of %s',
    (traceparent) => {
      expect(traceIdOf(traceparent)).toBe(TRACE);
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
    const traceId = traceIdOf(traceparent);
    expect(traceId).toMatch(/^[\da-f]{32}$/u);
    expect(traceId).not.toBe(TRACE);
  });
});
