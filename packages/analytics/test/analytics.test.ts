import { execFile } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ANALYTICS_CHANNEL, createAnalytics, memorySink } from '../src/index.js';
import { hangingSink, testSink } from './sinks.js';
import { temporaryFolder } from './temporary-folder.js';

const clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };
const quick = { intervalMs: 1 };

describe('a tracked record', () => {
  it('reaches every sink, whole', async () => {
    const [first, second] = [memorySink({ name: 'first' }), memorySink({ name: 'second' })];
    await using analytics = createAnalytics({ sinks: [first, second], clock });
    analytics.track('host.started', { port: 8080, tls: true });
    await analytics.flush();
    const record = {
      seq: 0,
      time: 1_700_000_000_000,
      name: 'host.started',
      source: 'host',
      pluginId: undefined,
      executionId: undefined,
      traceId: undefined,
      attributes: { port: 8080, tls: true },
      cut: 0,
    };
    expect(first.records()).toEqual([record]);
    expect(second.records()).toEqual([record]);
  });

  it('is a copy that nobody can change', async () => {
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [sink] });
    const attributes = { list: [1], count: 1 };
    analytics.track('copied', attributes);
    attributes.count = 2;
    attributes.list.push(2);
    await analytics.flush();
    const [record] = sink.records();
    expect(record?.attributes).toEqual({ list: [1], count: 1 });
    expect([record, record?.attributes, record?.attributes['list']].every(Object.isFrozen)).toBe(true);
  });

  it('goes by itself after the interval, with those that came meanwhile', async () => {
    const sink = testSink('watched', () => undefined);
    await using analytics = createAnalytics({ sinks: [sink], batch: quick });
    for (const name of ['a', 'b', 'c']) analytics.track(name);
    expect(sink.batches).toEqual([]);
    await sink.called(1);
    expect(sink.batches.map((batch) => batch.map(({ name }) => name))).toEqual([['a', 'b', 'c']]);
  });

  it('is never taken for another that is equal', async () => {
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [sink], clock });
    for (let count = 0; count < 600; count++) analytics.track('same', { value: 1 });
    await analytics.flush();
    expect(sink.records().map(({ seq }) => seq)).toEqual(Array.from({ length: 600 }, (_, index) => index));
    expect(new Set(sink.records().map((record) => JSON.stringify({ ...record, seq: 0 }))).size).toBe(1);
  });

  it.each(['', '1st', 'with space', 'line\nbreak', 'x'.repeat(65), `ghp_${'a1'.repeat(18)}`, 5, null])(
    'needs a name that may be sent, unlike %j, and never throws',
    async (name) => {
      const sink = memorySink();
      await using analytics = createAnalytics({ sinks: [sink] });
      Reflect.apply(analytics.track, analytics, [name]);
      await analytics.flush();
      expect([sink.records(), analytics.stats().refused.name]).toEqual([[], 1]);
    },
  );

  it.each([[['list']], ['text'], [7], [null], [new Proxy({}, {})]])(
    'has no attributes where it got %o',
    async (given) => {
      const sink = memorySink();
      await using analytics = createAnalytics({ sinks: [sink] });
      Reflect.apply(analytics.track, analytics, ['odd', given]);
      await analytics.flush();
      expect(sink.records().map(({ attributes, cut }) => ({ attributes, isCut: cut > 0 }))).toEqual([
        { attributes: {}, isCut: true },
      ]);
    },
  );

  it('keeps to its bounds with 100 000 keys and a text of 1 MB, and says what was cut', async () => {
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [sink] });
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]));
    analytics.track('many', keys);
    analytics.track('long', { text: 'x'.repeat(1_000_000) });
    await analytics.flush();
    const [many, long] = sink.records();
    expect([Object.keys(many?.attributes ?? {}).length, many?.cut]).toEqual([64, 99_936]);
    expect([long?.attributes, long?.cut]).toEqual([{ text: `${'x'.repeat(1024)}…` }, 1]);
    expect(analytics.stats().cut).toBe(99_937);
  });
});

describe('a bad sink', () => {
  it('that is slow delays neither the caller nor other sinks', async () => {
    const release = Promise.withResolvers<void>();
    const slow = testSink('slow', () => release.promise);
    const fast = memorySink({ name: 'fast' });
    await using analytics = createAnalytics({ sinks: [slow, fast], batch: { ...quick, maxRecords: 10 } });
    for (let count = 0; count < 100; count++) analytics.track('tick', { count });
    // Not one write has begun, so no sink can have slowed a call.
    expect(slow.batches).toEqual([]);
    const flushing = analytics.flush({ timeoutMs: 10_000 });
    await slow.called(1);
    while (fast.records().length < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(slow.batches.length).toBe(1);
    release.resolve();
    expect(await flushing).toEqual([
      { sink: 'slow', delivered: 100, failed: 0, dropped: 0, pending: 0 },
      { sink: 'fast', delivered: 100, failed: 0, dropped: 0, pending: 0 },
    ]);
  });

  it('that hangs costs its own records alone, is told to give up, and is never called twice', async () => {
    const hung = hangingSink('hung');
    const other = memorySink({ name: 'other' });
    await using analytics = createAnalytics({
      sinks: [hung, other],
      batch: { maxRecords: 10, intervalMs: 1, writeTimeoutMs: 1 },
      queue: { maxRecords: 50 },
      flushTimeoutMs: 20,
    });
    for (let count = 0; count < 45; count++) analytics.track('tick');
    await hung.called(1);
    await new Promise((resolve) => hung.signals[0]?.addEventListener('abort', resolve));
    const reports = await analytics.flush();
    expect(reports).toEqual([
      { sink: 'hung', delivered: 0, failed: 0, dropped: 0, pending: 45 },
      { sink: 'other', delivered: expect.any(Number), failed: 0, dropped: 0, pending: 0 },
    ]);
    for (let count = 0; count < 45; count++) analytics.track('tock');
    await analytics.flush();
    expect(hung.batches.length).toBe(1);
    expect(analytics.stats().sinks).toEqual([
      { sink: 'hung', delivered: 0, failed: 0, dropped: 40, pending: 50, overdue: true, lastError: undefined },
      { sink: 'other', delivered: 90, failed: 0, dropped: 0, pending: 0, overdue: false, lastError: undefined },
    ]);
  });

  it('that gives up when it is told to gets the next batch', async () => {
    const sink = testSink('listening', (call, signal) => {
      if (call > 1) return undefined;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await using analytics = createAnalytics({ sinks: [sink], batch: { ...quick, maxRecords: 2, writeTimeoutMs: 1 } });
    for (let count = 0; count < 4; count++) analytics.track('tick');
    await analytics.flush();
    expect(analytics.stats().sinks).toEqual([
      {
        sink: 'listening',
        delivered: 2,
        failed: 2,
        dropped: 0,
        pending: 0,
        overdue: false,
        lastError: 'Error: the write has taken longer than 1 ms',
      },
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no: password=hunter22 at https://u:p@db.test/');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no: password=hunter22 at https://u:p@db.test/'))],
  ])('that %s loses its records with a count and an error without secrets', async (_, write) => {
    const bad = testSink('bad', write);
    const good = memorySink({ name: 'good' });
    await using analytics = createAnalytics({ sinks: [bad, good] });
    expect(analytics.track('tick')).toBeUndefined();
    await analytics.flush();
    expect(analytics.stats().sinks).toEqual([
      {
        sink: 'bad',
        delivered: 0,
        failed: 1,
        dropped: 0,
        pending: 0,
        overdue: false,
        lastError: 'Error: no: password=[redacted] at https://[redacted]@db.test/',
      },
      { sink: 'good', delivered: 1, failed: 0, dropped: 0, pending: 0, overdue: false, lastError: undefined },
    ]);
  });

  it('that fails during a flush is told of by its report, with why, and in no later one', async () => {
    let fails = true;
    const sink = testSink('flaky', () => {
      if (fails) throw new Error('no');
    });
    await using analytics = createAnalytics({ sinks: [sink] });
    const reports = [];
    for (const name of ['first', 'second']) {
      analytics.track(name);
      reports.push(...(await analytics.flush()));
      fails = false;
    }
    expect(reports).toStrictEqual([
      { sink: 'flaky', delivered: 0, failed: 1, dropped: 0, pending: 0, lastError: 'Error: no' },
      { sink: 'flaky', delivered: 1, failed: 0, dropped: 0, pending: 0, lastError: undefined },
    ]);
  });

  it('that throws a hostile value is only called by its type', async () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('trap');
      },
    });
    const sinks = [
      testSink('proxy', () => Promise.reject(hostile)),
      testSink('symbol', () => Promise.reject(Symbol('s'))),
    ];
    await using analytics = createAnalytics({ sinks });
    analytics.track('tick');
    await analytics.flush();
    expect(analytics.stats().sinks.map(({ lastError }) => lastError)).toEqual(['a proxy', 'a symbol']);
  });

  it('cannot change what another one gets', async () => {
    const vandal = {
      ...testSink('vandal', () => undefined),
      write: async (batch: readonly object[]) =>
        void [Reflect.set(batch[0] ?? {}, 'name', 'x'), Reflect.set(batch, 'length', 0)],
    };
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [vandal, sink] });
    analytics.track('tick');
    await analytics.flush();
    expect(sink.records().map(({ name }) => name)).toEqual(['tick']);
  });
});

describe('the queue of a sink', () => {
  it.each([
    ['drop-oldest', ['c', 'd']],
    ['drop-newest', ['a', 'b']],
  ] as const)('with %s keeps what the policy says, and counts the rest', async (overflow, kept) => {
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [sink], queue: { maxRecords: 2, overflow } });
    for (const name of ['a', 'b', 'c', 'd']) analytics.track(name);
    expect(await analytics.flush()).toEqual([{ sink: 'memory', delivered: 2, failed: 0, dropped: 0, pending: 0 }]);
    expect(sink.records().map(({ name }) => name)).toEqual(kept);
    expect(analytics.stats().sinks[0]?.dropped).toBe(2);
  });

  it('bounds the characters as well as the records', async () => {
    const sink = memorySink();
    await using analytics = createAnalytics({ sinks: [sink], queue: { maxLength: 2500 } });
    for (const name of ['a', 'b', 'c', 'd']) analytics.track(name, { text: 'x'.repeat(1000) });
    await analytics.flush();
    expect(sink.records().map(({ name }) => name)).toEqual(['c', 'd']);
  });
});

describe('a flush', () => {
  it('does not wait for what is tracked after it began', async () => {
    const sink: ReturnType<typeof testSink> = testSink('endless', () => analytics.track('again'));
    const analytics = createAnalytics({ sinks: [sink], batch: { intervalMs: 60_000 }, flushTimeoutMs: 60_000 });
    analytics.track('first');
    expect(await analytics.flush()).toEqual([{ sink: 'endless', delivered: 1, failed: 0, dropped: 0, pending: 1 }]);
  });

  it('ends at its deadline or its signal, whichever comes first', async () => {
    await using analytics = createAnalytics({ sinks: [hangingSink('hung')], flushTimeoutMs: 10 });
    analytics.track('tick');
    const pending = [{ sink: 'hung', delivered: 0, failed: 0, dropped: 0, pending: 1 }];
    expect(await analytics.flush({ timeoutMs: 5 })).toEqual(pending);
    expect(await analytics.flush({ timeoutMs: 60_000, signal: AbortSignal.timeout(5) })).toEqual(pending);
    expect(await analytics.flush({ signal: AbortSignal.abort() })).toEqual(pending);
  });
});

describe('disposal', () => {
  it('hands over what waits, closes each sink once, and refuses what comes later', async () => {
    const sink = testSink('closing', () => undefined);
    const analytics = createAnalytics({ sinks: [sink] });
    analytics.track('last');
    await Promise.all([analytics[Symbol.asyncDispose](), analytics[Symbol.asyncDispose]()]);
    analytics.track('late');
    expect(sink.batches.flat().map(({ name }) => name)).toEqual(['last']);
    expect([sink.disposals(), analytics.stats().refused.closed, analytics.stats().records]).toEqual([1, 1, 1]);
  });

  it('is over in time with sinks that hang in writing and in closing, and tells the write to end', async () => {
    const writing = hangingSink('writing');
    const closing = {
      ...testSink('closing', () => undefined),
      [Symbol.asyncDispose]: () => new Promise<void>(() => undefined),
    };
    const failing = {
      ...testSink('failing', () => undefined),
      [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')),
    };
    const analytics = createAnalytics({
      sinks: [writing, closing, failing],
      flushTimeoutMs: 20,
      batch: { maxRecords: 1 },
    });
    analytics.track('one');
    analytics.track('two');
    await analytics[Symbol.asyncDispose]();
    expect([writing.signals[0]?.aborted, writing.disposals()]).toEqual([true, 1]);
    expect(
      analytics
        .stats()
        .sinks.map(({ delivered, dropped, pending, lastError }) => ({ delivered, dropped, pending, lastError })),
    ).toEqual([
      { delivered: 0, dropped: 1, pending: 1, lastError: undefined },
      { delivered: 2, dropped: 0, pending: 0, lastError: undefined },
      { delivered: 2, dropped: 0, pending: 0, lastError: 'Error: stuck' },
    ]);
  });
});

describe('the diagnostics channel', () => {
  it('has every record as it is tracked, redacted, also with no sink', async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    channel(ANALYTICS_CHANNEL).subscribe(listen);
    onTestFinished(() => void channel(ANALYTICS_CHANNEL).unsubscribe(listen));
    await using analytics = createAnalytics({ sinks: [], clock });
    analytics.track('heard', { apiKey: 'abc' });
    expect(heard).toEqual([expect.objectContaining({ name: 'heard', attributes: { apiKey: '[redacted]' } })]);
  });
});

describe('the process', () => {
  const built = pathToFileURL(join(import.meta.dirname, '../dist/index.js')).href;

  it('ends by itself while records wait and a sink hangs', async () => {
    const code = `
      const hung = { name: 'hung', write: () => new Promise(() => {}), [Symbol.asyncDispose]: async () => {} };
      const analytics = createAnalytics({ sinks: [hung], batch: { intervalMs: 1, maxRecords: 1 } });
      analytics.track('one');
      setTimeout(() => { analytics.track('two'); console.log('done'); }, 50);`;
    expect(await run(code)).toEqual({ exitCode: 0, stdout: 'done\n', stderr: '' });
  });

  it('ends by itself before the interval is over', async () => {
    const code = `
      const sink = { name: 'sink', write: async () => {}, [Symbol.asyncDispose]: async () => {} };
      createAnalytics({ sinks: [sink], batch: { intervalMs: 3_600_000 } }).track('one');`;
    expect(await run(code)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('lives until a flush is over, though nothing else keeps it', async () => {
    const code = `
      const hung = { name: 'hung', write: () => new Promise(() => {}), [Symbol.asyncDispose]: async () => {} };
      const analytics = createAnalytics({ sinks: [hung], flushTimeoutMs: 50 });
      analytics.track('one');
      console.log(JSON.stringify(await analytics.flush()));
      await analytics[Symbol.asyncDispose]();
      console.log('disposed');`;
    expect(await run(code)).toEqual({
      exitCode: 0,
      stdout: '[{"sink":"hung","delivered":0,"failed":0,"dropped":0,"pending":1}]\ndisposed\n',
      stderr: '',
    });
  });

  it('does not load OpenTelemetry with the main entry', async () => {
    const code = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
      await import(${JSON.stringify(`${built}?again`)});
      console.log(seen.filter((name) => name.includes('opentelemetry')).length, seen.length > 0);`;
    expect(await run(code)).toEqual({ exitCode: 0, stdout: '0 true\n', stderr: '' });
  });

  async function run(code: string): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
    const file = join(await temporaryFolder(), 'script.mjs');
    await writeFile(file, `import { createAnalytics } from ${JSON.stringify(built)};\n${code}`);
    return await new Promise((resolve) => {
      const env = { ...process.env, NODE_NO_WARNINGS: '1' };
      execFile(process.execPath, [file], { timeout: 15_000, env }, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
      });
    });
  }
});
