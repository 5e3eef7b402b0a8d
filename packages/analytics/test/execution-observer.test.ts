import type { EventStamp, ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createAnalytics, memorySink } from '../src/index.js';
import type { AnalyticsOptions, MemorySink } from '../src/index.js';
import { executionEvents } from './executions.js';
import { hangingSink, testSink } from './sinks.js';

const chatter = (stamp: EventStamp): readonly ExecutionEvent[] => [
  {
    ...stamp,
    type: 'log',
    log: { time: stamp.time, level: 'info', source: 'log', text: 'user ann, token=abcdef', fields: { password: 'x' } },
  },
  { ...stamp, type: 'progress', message: 'ann is at 50%', fraction: 0.5 },
  denied(stamp, '/home/ann/.ssh/id'),
  {
    ...stamp,
    type: 'audit',
    audit: {
      kind: 'env',
      operation: 'read',
      target: 'HOME',
      decision: { allowed: true, rule: 'HOME', origin: { source: 'manifest', pointer: '/env/allow/0' } },
      patches: [],
    },
  },
];

describe('the observer', () => {
  it('makes one record of an execution, with its receipt and without what the guest wrote', async () => {
    const sink = await observed({}, executionEvents({ between: chatter, data: { name: 'ann' } }));
    const [denial, execution] = sink.records();
    expect(sink.records().length).toBe(2);
    expect(denial).toEqual(
      expect.objectContaining({
        name: 'denial',
        attributes: { kind: 'fs', operation: 'read', reason: 'mandatory-deny' },
      }),
    );
    expect(execution).toEqual({
      seq: 1,
      time: 1_700_000_000_100,
      name: 'execution',
      source: 'runtime',
      pluginId: '@acme/review',
      executionId: 'e-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      attributes: {
        handler: './review.js#handle',
        ok: true,
        adapter: 'fork',
        coldStart: true,
        totalMs: 100,
        wallMs: 60,
        queueMs: 5,
        startMs: 30,
        cpuMs: 40,
        peakMemoryBytes: 5_000_000,
        hostCalls: 1,
        denials: 0,
        bytesRead: 10,
        bytesWritten: 0,
        fetches: 1,
        bytesFetched: 3000,
        bytesSent: 1000,
        artifacts: 0,
        artifactBytes: 0,
        outputBytes: 0,
        resultBytes: 13,
        leaked: 1,
        stages: [
          { stage: 'sandbox', ms: 30, endedAt: 1_700_000_000_030 },
          { stage: 'handler', ms: 60, endedAt: 1_700_000_000_100 },
        ],
        calls: { 'fs.readFile': 1 },
      },
      cut: 0,
    });
    expect(JSON.stringify(sink.records())).not.toContain('ann');
  });

  it('says how an execution failed by its codes alone', async () => {
    const sink = await observed({}, executionEvents({ failure: 'ERR_HANDLER_FAILED' }));
    expect(sink.records()[0]?.attributes).toEqual(
      expect.objectContaining({ ok: false, code: 'ERR_HANDLER_FAILED', stage: 'handler' }),
    );
    expect(JSON.stringify(sink.records())).not.toContain('guest says');
  });

  it('sends the payloads that were asked for, redacted', async () => {
    const payloads = ['errors', 'logs', 'output', 'progress', 'targets'] as const;
    const good = await observed(
      { payloads },
      executionEvents({ between: chatter, data: { name: 'ann', apiKey: 'k' } }),
    );
    const [log, progress, denial, execution] = good.records().map(({ attributes }) => attributes);
    expect(log).toEqual(
      expect.objectContaining({ text: 'user ann, token=[redacted]', fields: { password: '[redacted]' } }),
    );
    expect(progress).toEqual({ message: 'ann is at 50%', fraction: 0.5 });
    expect(denial).toEqual({ kind: 'fs', operation: 'read', reason: 'mandatory-deny', target: '/home/ann/.ssh/id' });
    expect(execution?.['output']).toEqual({ name: 'ann', apiKey: '[redacted]' });
    const bad = await observed({ payloads }, executionEvents({ failure: 'ERR_HANDLER_FAILED' }));
    expect(bad.records()[0]?.attributes).toEqual(
      expect.objectContaining({
        message: 'The handler failed',
        error: expect.objectContaining({ message: 'guest says token=[redacted]' }),
      }),
    );
  });

  it('counts a start as cold from the given time on', async () => {
    const colds = [9, 10].map(
      async (startMs) => (await observed({}, executionEvents({ startMs }))).records()[0]?.attributes['coldStart'],
    );
    expect(await Promise.all(colds)).toEqual([false, true]);
    const sink = await observed({ coldStartMs: 0 }, executionEvents({ startMs: 0 }));
    expect(sink.records()[0]?.attributes['coldStart']).toBe(true);
  });

  it('lets a guest that is denied a thousand times make 200 records of it, and counts the rest', async () => {
    const flood = (stamp: EventStamp): readonly ExecutionEvent[] =>
      Array.from({ length: 1000 }, (_, index) => denied(stamp, `/${index}`));
    const sink = await observed({}, executionEvents({ between: flood }));
    expect(sink.records().length).toBe(201);
    expect(sink.records().at(-1)).toEqual(expect.objectContaining({ name: 'execution', cut: 800 }));
  });

  it('keeps concurrent executions apart', async () => {
    const [a, b] = ['a', 'b'].map((executionId) => executionEvents({ executionId, handler: `./${executionId}.js` }));
    const mixed = (a ?? []).flatMap((event, index) => [event, ...(b ?? []).slice(index, index + 1)]);
    const sink = await observed({}, mixed);
    expect(sink.records().map(({ executionId, attributes }) => [executionId, attributes['handler']])).toEqual([
      ['a', './a.js'],
      ['b', './b.js'],
    ]);
  });

  it('forgets executions that never end, and makes do without their start', async () => {
    const open = Array.from({ length: 5000 }, (_, index) =>
      executionEvents({ executionId: `e-${index}` }).slice(0, 3),
    ).flat();
    const sink = await observed({}, [...open, ...executionEvents({ executionId: 'e-0' }).slice(3)]);
    expect(sink.records().map(({ attributes }) => [attributes['handler'], attributes['ok']])).toEqual([
      [undefined, true],
    ]);
  });

  it('never throws and never waits, whatever its sinks do', async () => {
    const throwing = testSink('throwing', () => {
      throw new Error('no');
    });
    const analytics = createAnalytics({
      sinks: [hangingSink('hung'), throwing],
      queue: { maxRecords: 1 },
      flushTimeoutMs: 10,
    });
    const observer = analytics.observer();
    const answers = Array.from({ length: 100 }, () => executionEvents().map((event) => observer.observe(event)));
    expect(new Set(answers.flat())).toEqual(new Set([undefined]));
    await analytics[Symbol.asyncDispose]();
    expect(analytics.stats().sinks.map(({ failed, dropped, pending }) => failed + dropped + pending)).toEqual([
      100, 100,
    ]);
  });
});

async function observed(options: Partial<AnalyticsOptions>, events: readonly ExecutionEvent[]): Promise<MemorySink> {
  const sink = memorySink();
  await using analytics = createAnalytics({ sinks: [sink], ...options });
  const observer = analytics.observer();
  for (const event of events) observer.observe(event);
  await analytics.flush();
  return sink;
}

function denied(stamp: EventStamp, target: string): ExecutionEvent {
  const decision = { allowed: false, reason: 'mandatory-deny' } as const;
  return { ...stamp, type: 'audit', audit: { kind: 'fs', operation: 'read', target, decision, patches: [] } };
}
