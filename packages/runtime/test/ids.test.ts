import { formatTraceparent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createIds } from '../src/ids.js';
import { openTracePlace } from '../src/trace-place.js';

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('ids of executions', () => {
  it('are UUIDs of version 7 with the time, in the order in which they were made, also where the clock stands still or goes back', () => {
    const times = [1_700_000_000_000, 1_700_000_000_001, 1_699_999_999_999];
    let call = 0;
    const ids = createIds(() => times[Math.trunc((call++ / 20_000) * times.length)] ?? 0);
    const made = Array.from({ length: 20_000 }, () => ids.executionId());

    expect(made.every((id) => UUID_V7.test(id))).toBe(true);
    expect(new Set(made).size).toBe(20_000);
    expect(made.toSorted()).toEqual(made);
    expect(Number.parseInt((made[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  });

  it('differ between two runtimes in the same millisecond', () => {
    const [one, other] = [createIds(() => 5), createIds(() => 5)];
    const made = Array.from({ length: 1000 }, () => [one.executionId(), other.executionId()]).flat();
    expect(new Set(made).size).toBe(2000);
  });
});

describe('ids of traces', () => {
  it('differ, and are none of zeros', () => {
    const ids = createIds(() => Date.now());
    const made = Array.from({ length: 2000 }, () => ids.traceId());
    expect(made.every((id) => /^(?!0+$)[\da-f]{32}$/u.test(id))).toBe(true);
    expect(new Set(made).size).toBe(2000);
  });
});

describe('ids of spans', () => {
  const ids = createIds(() => Date.now());

  it('name spans, which a traceparent can tell', () => {
    const spanId = ids.spanIds()();
    const traceparent = formatTraceparent({ traceId: TRACE, spanId });
    expect(openTracePlace(traceparent, ids)).toEqual({ traceId: TRACE, parentSpanId: spanId });
  });

  it('differ within an execution and among executions', () => {
    const one = ids.spanIds();
    const other = ids.spanIds();
    const made = Array.from({ length: 1000 }, () => [one(), other()]).flat();
    expect(new Set(made).size).toBe(2000);
    expect(made.every((id) => /^[\da-f]{16}$/u.test(id))).toBe(true);
  });
});
