import type { EffectiveQuotas, EventStamp, ExecutionAuthority, ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createAnalytics, memorySink } from '../src/index.js';
import type { AnalyticsOptions, MemorySink } from '../src/index.js';
import { executionEvents, hostCall } from './executions.js';
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

const changes = (stamp: EventStamp): readonly ExecutionEvent[] => {
  const refused = {
    ok: false,
    error: {
      code: 'ERR_PERMISSION_DENIED',
      message: 'fs access to "x" is denied, token=abcdef',
      hint: undefined,
      details: {},
    },
  } as const;
  const nothing = { before: undefined, after: undefined, dryRun: true } as const;
  return [
    { ...stamp, type: 'authorised', authority: authority() },
    hostCall(stamp, refused),
    hostCall(stamp, refused),
    {
      ...stamp,
      type: 'operation',
      operation: {
        ...nothing,
        name: 'fs.writeFile',
        target: 'notes/ann.txt',
        destination: undefined,
        reversible: false,
      },
    },
    {
      ...stamp,
      type: 'operation',
      operation: { ...nothing, name: 'fs.rename', target: 'a', destination: 'b', reversible: true },
    },
  ];
};

describe('the observer', () => {
  it('makes one record of an execution, with its receipt and without what the guest wrote', async () => {
    const sink = await observed({}, executionEvents({ between: chatter, data: { name: 'ann' }, input: 'ann' }));
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
        spanId: 'b7ad6b7169203331',
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
        events: 2,
        invokes: 1,
        commands: 0,
        operations: 0,
        irreversible: 0,
        outputBytes: 0,
        resultBytes: 13,
        leaked: 1,
        stages: [
          { stage: 'sandbox', ms: 30, endedAt: 1_700_000_000_030 },
          { stage: 'handler', ms: 60, endedAt: 1_700_000_000_100 },
        ],
        calls: { 'fs.readFile': 1 },
        failedCalls: {},
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
    const payloads = ['errors', 'input', 'logs', 'output', 'progress', 'targets'] as const;
    const good = await observed(
      { payloads },
      executionEvents({ between: chatter, data: { name: 'ann', apiKey: 'k' }, input: { password: 'x', name: 'ann' } }),
    );
    const [input, log, progress, denial, execution] = good.records().map(({ attributes }) => attributes);
    expect(input).toEqual({ input: { password: '[redacted]', name: 'ann' } });
    expect(log).toEqual(
      expect.objectContaining({ text: 'user ann, token=[redacted]', fields: { password: '[redacted]' } }),
    );
    expect(progress).toEqual({ message: 'ann is at 50%', fraction: 0.5 });
    expect(denial).toEqual({ kind: 'fs', operation: 'read', reason: 'mandatory-deny', target: '/home/ann/.ssh/id' });
    expect(execution?.['output']).toEqual({ name: 'ann', apiKey: '[redacted]' });
    const bad = await observed({ payloads }, executionEvents({ failure: 'ERR_HANDLER_FAILED' }));
    expect(bad.records()[1]?.attributes).toEqual(
      expect.objectContaining({
        message: 'The handler failed',
        error: expect.objectContaining({ message: 'guest says token=[redacted]' }),
      }),
    );
  });

  it('says that a start was cold where the runtime says so, however long it took', async () => {
    const plans = [{ startMs: 500, coldStart: false }, { startMs: 1 }];
    const colds = plans.map(
      async (plan) => (await observed({}, executionEvents(plan))).records()[0]?.attributes['coldStart'],
    );
    expect(await Promise.all(colds)).toEqual([false, true]);
  });

  it('counts what was changed and which calls failed, and says who ran, without a path or a value', async () => {
    const sink = await observed({}, executionEvents({ between: changes }));
    expect(sink.records().map(({ name }) => name)).toEqual(['execution']);
    expect(sink.records()[0]?.attributes).toMatchObject({
      version: '1.2.3',
      dryRun: true,
      operations: 2,
      irreversible: 1,
      failedCalls: { ERR_PERMISSION_DENIED: 2 },
    });
    expect(JSON.stringify(sink.records())).not.toMatch(/ann|content/);
  });

  it('sends arguments, answers and the targets of changes where each was asked for, redacted', async () => {
    const events = executionEvents({ between: changes });
    const args = await observed({ payloads: ['arguments'] }, events);
    expect(args.records()[0]).toMatchObject({
      name: 'host-call',
      attributes: { call: 0, name: 'fs.readFile', ms: 1, args: ['notes/ann.txt', { encoding: 'utf8' }] },
    });
    expect(JSON.stringify(args.records())).not.toContain('content');
    const answers = await observed({ payloads: ['answers'] }, events);
    expect(answers.records().map(({ attributes }) => attributes['answer'])).toEqual([
      'content of the file',
      'fs access to "x" is denied, token=[redacted]',
      'fs access to "x" is denied, token=[redacted]',
      undefined,
    ]);
    expect(JSON.stringify(answers.records())).not.toContain('ann');
    const targets = await observed({ payloads: ['targets'] }, events);
    expect(
      targets
        .records()
        .slice(0, 2)
        .map(({ name, attributes }) => [name, attributes]),
    ).toEqual([
      ['operation', { name: 'fs.writeFile', target: 'notes/ann.txt', reversible: false, dryRun: true }],
      ['operation', { name: 'fs.rename', target: 'a', destination: 'b', reversible: true, dryRun: true }],
    ]);
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

function authority(): ExecutionAuthority {
  return {
    plugin: { id: '@acme/review', version: '1.2.3' },
    handler: './review.js#handle',
    inputSchema: undefined,
    outputSchema: undefined,
    outputParts: [],
    manifestDigest: undefined,
    policyDigest: 'ab'.repeat(32),
    permissions: [],
    quotas: quotas(),
    functions: ['fs.readFile'],
    env: [],
    dryRun: true,
  };
}

function quotas(): EffectiveQuotas {
  return {
    timeoutMs: 1,
    startTimeoutMs: 1,
    cpuMs: 1,
    memoryMb: 1,
    maxOutputBytes: 1,
    maxResultBytes: 1,
    maxInFlight: 1,
    queueTimeoutMs: 1,
    maxConcurrency: 1,
    maxHostCalls: 1,
    maxBytesRead: 1,
    maxBytesWritten: 1,
    maxEntriesRead: 1,
    maxEntriesWritten: 1,
    maxFetches: 1,
    maxBytesFetched: 1,
    maxBytesSent: 1,
    maxArtifacts: 1,
    maxArtifactBytes: 1,
    maxEvents: 1,
    maxInvokes: 1,
    maxCommands: 1,
    maxInvokeDepth: 1,
  };
}
