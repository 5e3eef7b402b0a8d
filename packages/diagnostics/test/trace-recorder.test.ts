import { describe, expect, it } from 'vitest';
import type { AuditRecord, EventStamp, ExecutionEvent } from '@kb-labs/contracts';
import { createTraceRecorder } from '../src/index.js';
import type { TraceSpan } from '../src/index.js';
import { idOf, nestedRuns, recorded, refused, runEvents, T0, traced, TRACE_ID } from './traced-runs.js';

describe('a trace', () => {
  it('is a tree: execution, stages, host calls below the handler, and what they invoked below them', () => {
    const trace = traced(nestedRuns());
    expect(trace).toMatchObject({ traceId: TRACE_ID, startTime: T0, ms: 82, spans: 13, dropped: 0 });
    expect(trace.roots.map(outline)).toEqual([
      {
        './review.js#handle': [
          'prepare',
          'sandbox',
          {
            handler: [
              'fs.readFile',
              'fs.readFile',
              'fs.readFile',
              {
                'invoke.call': [{ './render.js#render': ['sandbox', { handler: ['artifacts.write'] }] }],
              },
            ],
          },
          'output',
        ],
      },
    ]);
  });

  it('names each span, what it hangs from, when it was, and how it failed', () => {
    const [root] = traced(nestedRuns()).roots;
    expect({ ...root, children: [] }).toEqual({
      kind: 'execution',
      spanId: idOf('outer'),
      parentSpanId: '53995c3f42cd8ad8',
      executionId: 'outer',
      pluginId: '@acme/review',
      name: './review.js#handle',
      startTime: T0,
      ms: 82,
      code: undefined,
      overlap: 0,
      attributes: { cpuMs: 12 },
      cut: 0,
      children: [],
    });
    const handler = root?.children.find(({ name }) => name === 'handler');
    expect(handler?.attributes).toEqual({ hostCalls: 4, hostMs: 43.04, callMs: 47.04, concurrent: 2 });
    expect(handler?.children.map((call) => [call.overlap, call.code, call.attributes['target']])).toEqual([
      [0, undefined, 'notes/a.txt'],
      [1, undefined, 'notes/b.txt'],
      [0, 'ERR_PERMISSION_DENIED', '/etc/passwd'],
      [0, undefined, '@acme/report@^1:render'],
    ]);
    const inner = handler?.children.at(-1)?.children[0];
    expect(inner).toMatchObject({ code: 'ERR_HANDLER_FAILED', parentSpanId: idOf('invoke'), pluginId: '@acme/report' });
    expect(inner?.children.every(({ parentSpanId }) => parentSpanId === inner.spanId)).toBe(true);
  });

  it('counts what the run said, was denied and changed, and says where it ran', () => {
    const [root] = traced(runEvents({ executionId: 'a', between: happenings })).roots;
    expect(root?.attributes).toEqual({
      adapter: 'fork',
      coldStart: true,
      cpuMs: 12,
      logs: 3,
      warnings: 2,
      denials: 1,
      operations: 1,
    });
  });

  it('keeps no argument but what a call is about, and that without secrets', () => {
    const calls = [
      { name: 'fs.writeFile', args: ['a.txt', 'hidden content'], at: 21, ms: 1 },
      { name: 'net.fetch', args: [{ url: 'https://ada:pw@api.test/v1?key=hidden', body: 'hidden' }], at: 22, ms: 1 },
      { name: 'shell.run', args: ['/usr/bin/git', ['log', '--token=hidden', '1', '2', '3']], at: 23, ms: 1 },
      { name: 'env.read', args: ['known-hidden-value'], at: 24, ms: 1 },
      { name: 'events.publish', args: ['report.done', { secret: 'hidden' }], at: 25, ms: 1 },
      { name: 'artifacts.list', args: [{ glob: 'hidden' }], at: 26, ms: 1 },
      { name: 'net.fetch', args: ['hidden, and no URL'], at: 27, ms: 1 },
    ];
    const traces = recorded(runEvents({ executionId: 'a', calls }), { redaction: { secrets: ['known-hidden-value'] } });
    const trace = traces.find(TRACE_ID);
    const targets = trace?.roots[0]?.children[1]?.children.map(({ attributes }) => attributes['target']);
    expect(targets).toEqual([
      'a.txt',
      'https://api.test/v1',
      '/usr/bin/git log --token=[redacted] 1 2 …',
      '[redacted]',
      'report.done',
      undefined,
      undefined,
    ]);
    expect(JSON.stringify(trace)).not.toContain('hidden');
  });

  it('looks at so much of a failed call and no more, however long what its error says is', () => {
    const details = Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, 'x'.repeat(5000)]));
    const outcome = refused('ERR_IO_FAILED', 'm'.repeat(2000), { ...details, e: 'short' });
    const trace = traced(runEvents({ executionId: 'a', calls: [{ name: 'fs.readFile', at: 21, ms: 1, outcome }] }));
    const call = trace.roots[0]?.children.flatMap(({ children }) => children)[0];
    expect(call).toMatchObject({
      attributes: {
        message: `${'m'.repeat(255)}…`,
        'details.a': `${'x'.repeat(255)}…`,
        'details.b': '…',
        'details.c': '…',
        'details.d': '…',
        'details.e': 'short',
      },
      cut: 5,
    });
  });

  it('can be looked at while it grows, and never changes afterwards', () => {
    const traces = createTraceRecorder();
    const events = nestedRuns();
    for (const event of events.slice(0, 6)) traces.observe(event);
    const early = traces.find(TRACE_ID);
    const before = JSON.stringify(early);
    for (const event of events.slice(6)) traces.observe(event);
    expect(JSON.stringify(early)).toBe(before);
    expect([early?.ms, traces.find(TRACE_ID)?.ms]).toEqual([undefined, 82]);
    expect(allFrozen(early)).toBe(true);
    expect(traces.find('another')).toBe(undefined);
  });

  it('holds several runs of one caller beside each other', () => {
    const runs = ['a', 'b'].map((executionId, at) => {
      return runEvents({ executionId, parentSpanId: '53995c3f42cd8ad8', at: at * 100 });
    });
    const trace = traced(runs.flat());
    expect([trace.roots.map(({ executionId }) => executionId), trace.ms]).toEqual([['a', 'b'], 180]);
  });

  it.each([
    ['itself', [['a', idOf('a')]]],
    [
      'each other',
      [
        ['a', idOf('0.b')],
        ['b', idOf('0.a')],
      ],
    ],
    [
      'one another in a ring',
      [
        ['a', idOf('0.c')],
        ['b', idOf('0.a')],
        ['c', idOf('0.b')],
      ],
    ],
  ])('is a tree, though executions say that they hang from %s', (_, links) => {
    const events = links.flatMap(([executionId = '', parentSpanId = '']) =>
      runEvents({ executionId, parentSpanId, calls: [{ name: 'invoke.call', at: 21, ms: 1 }] }),
    );
    const trace = traced(events);
    expect(trace.roots.length).toBeGreaterThan(0);
    expect(trace.spans).toBe(links.length * 4);
    expect(JSON.stringify(trace.roots).split('"kind":"execution"').length).toBe(links.length + 1);
  });

  it('is a tree, though two executions have the same span and one hangs from the other', () => {
    const spanId = idOf('same');
    const calls = [{ name: 'invoke.call', at: 21, ms: 1, spanId: idOf('call') }];
    const first = runEvents({ executionId: 'a', spanId });
    const second = runEvents({ executionId: 'b', spanId, parentSpanId: idOf('call'), calls });
    expect(JSON.stringify(traced([...first, ...second]).roots)).toContain('invoke.call');
  });

  it('of two thousand executions, each below the last, overflows no stack', () => {
    const events = Array.from({ length: 2000 }, (_, at) => {
      const calls = [{ name: 'invoke.call', at: 21, ms: 1, spanId: idOf(`c${at}`) }];
      const below = at === 0 ? {} : { parentSpanId: idOf(`c${at - 1}`) };
      return runEvents({ executionId: `e${at}`, calls, ...below });
    });
    const trace = traced(events.flat(), { maxSpans: 10_000 });
    expect([trace.roots.length, trace.spans]).toEqual([1, 8000]);
  });
});

describe('the recorder', () => {
  it('drops the oldest trace where there are too many, and counts', () => {
    const traces = createTraceRecorder({ maxTraces: 2 });
    const [first = [], second = [], third = []] = ['a', 'b', 'c'].map((name) =>
      runEvents({ executionId: name, traceId: name.repeat(32) }),
    );
    for (const event of [...first.slice(0, 3), ...second, ...third, ...first.slice(3)]) traces.observe(event);
    expect(traces.traceIds()).toEqual(['b'.repeat(32), 'c'.repeat(32)]);
    expect(traces.find('a'.repeat(32))).toBe(undefined);
    expect(traces.stats()).toEqual({ traces: 2, droppedTraces: 1, droppedSpans: 2, lostEvents: 3 });
  });

  it('keeps the first spans of a trace, and counts the others', () => {
    const calls = Array.from({ length: 500 }, (_, index) => ({ name: 'fs.stat', at: 21 + index / 20, ms: 0.1 }));
    const more = runEvents({ executionId: 'b', calls: calls.slice(0, 7) });
    const traces = recorded([...runEvents({ executionId: 'a', calls }), ...more], { maxSpans: 100 });
    const trace = traces.find(TRACE_ID);
    expect([trace?.spans, trace?.dropped]).toEqual([100, 403 + 10]);
    expect(traces.stats()).toEqual({ traces: 1, droppedTraces: 0, droppedSpans: 413, lostEvents: 0 });
  });

  it('O05: bounds what a span carries, and counts the rest, whatever a call was made with and failed with', () => {
    const flood = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, 'x']));
    const long = 'x'.repeat(1_000_000);
    const bomb = {
      get path(): string {
        throw new Error('was run');
      },
    };
    const calls = [
      { name: 'fs.readFile', args: [flood], outcome: refused('ERR_IO_FAILED', long, flood), at: 21, ms: 1 },
      {
        name: 'fs.readFile',
        args: [long],
        outcome: refused('ERR_IO_FAILED', 'short', { [long]: 1, b: { c: 1 } }),
        at: 22,
        ms: 1,
      },
      { name: 'fs.readFile', args: [bomb], at: 23, ms: 1 },
      {
        name: 'fs.readFile',
        args: [new Proxy({}, { getOwnPropertyDescriptor: () => expect.fail('was run') })],
        at: 24,
        ms: 1,
      },
    ];
    const fields = flood;
    const chatter = (stamp: EventStamp): readonly ExecutionEvent[] => [
      { ...stamp, type: 'log', log: { time: stamp.time, level: 'info', source: 'log', text: long, fields } },
      { ...stamp, type: 'progress', message: long, fraction: 1 },
    ];
    const trace = traced(runEvents({ executionId: 'a', handler: './h.js#h', calls, between: chatter }));
    const spans = trace.roots[0]?.children[1]?.children ?? [];
    expect(spans.map(({ attributes, cut }) => [Object.keys(attributes).length, cut])).toEqual([
      [24, 99_978],
      [2, 3],
      [0, 0],
      [0, 0],
    ]);
    expect(JSON.stringify(trace).length).toBeLessThan(10_000);
  });

  it('never throws and changes nothing that it is shown', () => {
    const events = nestedRuns();
    const before = structuredClone(events);
    const traces = createTraceRecorder({ maxTraces: 1, maxSpans: 3 });
    for (const event of [...events, ...events.toReversed()]) traces.observe(event);
    expect(structuredClone(events)).toEqual(before);
  });

  it.each([[{ maxTraces: 0 }], [{ maxSpans: 1.5 }], [{ max: 1 }], [{ redaction: { keys: 'password' } }], [null]])(
    'refuses the options %j',
    (options) => {
      expect(() => Reflect.apply(createTraceRecorder, undefined, [options])).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
    },
  );
});

type Outline = string | { readonly [name: string]: readonly Outline[] };

function outline({ name, children }: TraceSpan): Outline {
  return children.length === 0 ? name : { [name]: children.map(outline) };
}

function allFrozen(value: unknown): boolean {
  return typeof value !== 'object' || value === null
    ? true
    : Object.isFrozen(value) && Object.values(value).every(allFrozen);
}

function happenings(stamp: EventStamp): readonly ExecutionEvent[] {
  const log = { time: stamp.time, source: 'log', text: 'hello', fields: {} } as const;
  const audit = { kind: 'env', operation: 'read', target: 'HOME', patches: [] } as const;
  const denied: AuditRecord = { ...audit, decision: { allowed: false, reason: 'not-granted' } };
  const allowed: AuditRecord = { ...audit, decision: { allowed: true, rule: 'HOME' } };
  const all = <Value>(
    value: Value,
  ): Record<'crash' | 'time' | 'cpu' | 'memory' | 'env' | 'fs' | 'net' | 'process', Value> => {
    return { crash: value, time: value, cpu: value, memory: value, env: value, fs: value, net: value, process: value };
  };
  const confinement = { adapter: 'fork', firmness: all('guard' as const), by: all('test') };
  const operation = {
    name: 'fs.writeFile',
    target: 'a',
    destination: undefined,
    before: undefined,
    after: undefined,
    reversible: true,
    dryRun: false,
  } as const;
  return [
    { ...stamp, type: 'confined', confinement, coldStart: true },
    { ...stamp, type: 'log', log: { ...log, level: 'info' } },
    { ...stamp, type: 'log', log: { ...log, level: 'warn' } },
    { ...stamp, type: 'log', log: { ...log, level: 'error' } },
    { ...stamp, type: 'audit', audit: denied },
    { ...stamp, type: 'audit', audit: allowed },
    { ...stamp, type: 'operation', operation },
    { ...stamp, type: 'progress', message: 'half', fraction: 0.5 },
  ];
}
