import type { ExecutionEvent } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../src/index.js';
import type { PluginContext, PluginContextOptions } from '../src/index.js';
import { inProcess, manifestWith, pluginFolder } from './plugin-folder.js';
import type { PluginFolder } from './plugin-folder.js';

// One that is disposed: the runtime of the free functions keeps processes ready for longer than these tests take.
const runtime = createRuntime();
const { execute } = runtime;
afterAll(() => runtime[Symbol.asyncDispose]());

describe('execute', () => {
  let plugin: PluginFolder;

  beforeAll(async () => {
    plugin = await pluginFolder({
      'notes.txt': 'hello',
      'run.mjs': `
        export const run = async (input, ctx) => ({ input, text: await ctx.fs.readFile('notes.txt', 'utf8') });
        export const fail = () => { throw Object.assign(new TypeError('no good'), { code: 'ERR_TIMEOUT' }); };
        export const chat = (_, ctx) => { ctx.log.info('said', { n: 1 }); ctx.progress('half', 0.5); };
        export const hang = () => new Promise(() => setInterval(() => {}, 1000));
        export const notFunction = 1;
      `,
      'old.cjs': 'exports.run = (input) => input.n + 1;',
      'typed.ts': 'export const run = (input: { n: number }): number => input.n + 2;',
    });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  function contextWith(rest: Partial<PluginContextOptions> = {}): PluginContext {
    return createPluginContext({
      capabilities: ['fs.read'],
      permissions: { fs: { mode: 'read', allow: ['.'] } },
      root: plugin.root,
      pluginRoot: plugin.root,
      ...rest,
    });
  }

  const manifest = manifestWith({
    handlers: { run: { handler: './run.mjs#run' }, chat: { handler: './run.mjs#chat' } },
    capabilities: ['fs.read'],
    permissions: { fs: { mode: 'read', allow: ['notes.txt'] } },
  });

  it.each(['./run.mjs#run', 'run'])('runs %s with a manifest, in a process of its own', async (handler) => {
    const result = await execute(handler, { n: 1 }, contextWith(), manifest);

    expect(result).toMatchObject({
      ok: true,
      data: { input: { n: 1 }, text: 'hello' },
      pluginId: 'test-plugin',
      confinement: { adapter: 'fork' },
      metrics: { hostCallsByName: { 'fs.readFile': 1 }, bytesRead: { used: 5 }, denials: 0 },
    });
    expect(result.executionId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
    expect(result.traceId).toMatch(/^[\da-f]{32}$/u);
  });

  it('runs a request without a manifest: what the context grants is what the handler may do', async () => {
    const request = { handler: { file: './run.mjs', export: 'run' }, input: [1] };
    const result = await execute(request, contextWith());

    expect(result).toMatchObject({ ok: true, data: { input: [1], text: 'hello' }, pluginId: 'anonymous' });
  });

  it.each([
    ['./old.cjs#run', 2],
    ['./typed.ts#run', 3],
  ])('runs %s', async (handler, data) => {
    await expect(execute(handler, { n: 1 }, contextWith(inProcess))).resolves.toMatchObject({ ok: true, data });
  });

  it('answers what a handler throws with an envelope whose code is its own', async () => {
    const result = await execute('./run.mjs#fail', {}, contextWith());

    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_HANDLER_FAILED',
        stage: 'handler',
        source: 'handler',
        http: 500,
        error: { name: 'TypeError', message: 'no good', code: 'ERR_TIMEOUT' },
      },
    });
  });

  it('gives a failure the same receipt as a success', async () => {
    const ok = await execute('run', {}, contextWith(), manifest);
    const failed = await execute('./run.mjs#fail', {}, contextWith(), manifest);

    expect(Object.keys(failed.metrics)).toEqual(Object.keys(ok.metrics));
    expect(failed.metrics.stages.map((entry) => entry.stage)).toEqual([
      'prepare',
      'permissions',
      'capabilities',
      'queue',
      'sandbox',
      'input',
      'handler',
    ]);
    expect(failed.metrics).toMatchObject({
      wallMs: { used: expect.any(Number), limit: 30_000 },
      cpuMs: { used: expect.any(Number), limit: 30_000 },
      peakMemoryBytes: { used: expect.any(Number), limit: 256 * 1024 * 1024 },
    });
  });

  it('gives a run that never began the same receipt, without limits that nobody set', async () => {
    const result = await execute('run', {}, contextWith(), { schema: 'kb.plugin/9' });

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_MANIFEST_INVALID', stage: 'prepare', details: { pointer: '/schema' } },
      confinement: undefined,
      metrics: { wallMs: { used: undefined, limit: undefined }, hostCalls: { used: 0, limit: undefined } },
    });
  });

  it('keeps what the guest says, in its order', async () => {
    const result = await execute('chat', {}, contextWith(), manifest);

    expect(result.logs).toEqual([
      { time: expect.any(Number), level: 'info', source: 'log', text: 'said', fields: { n: 1 } },
    ]);
  });

  it('tells observers of everything, in order', async () => {
    const events: ExecutionEvent[] = [];
    const observers = [{ observe: (event: ExecutionEvent) => void events.push(event) }];
    const result = await execute('run', {}, contextWith({ observers, ...inProcess }), manifest);

    expect(events.map((event) => ('stage' in event ? `${event.type} ${event.stage}` : event.type))).toEqual([
      'execution-start',
      'stage-start prepare',
      'stage-end prepare',
      'stage-start permissions',
      'stage-end permissions',
      'stage-start capabilities',
      'stage-end capabilities',
      'stage-start queue',
      'stage-end queue',
      'authorised',
      'stage-start sandbox',
      'confined',
      'stage-end sandbox',
      'stage-start input',
      'stage-end input',
      'handler-input',
      'stage-start handler',
      'audit',
      'host-call',
      'stage-end handler',
      'handler-output',
      'stage-start output',
      'stage-end output',
      'stage-start artifacts',
      'stage-end artifacts',
      'execution-end',
    ]);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index));
    expect(events.at(-1)).toMatchObject({ type: 'execution-end', result });
  });

  it('continues the trace of the request', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const result = await execute({ handler: './run.mjs#run', input: {}, traceparent }, contextWith(inProcess));

    expect(result.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(result.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-01$/u);
    expect(result.traceparent).not.toBe(traceparent);
  });

  it('starts nothing where the signal has gone already', async () => {
    const request = { handler: './run.mjs#run', input: {}, signal: AbortSignal.abort(new Error('too late')) };

    await expect(execute(request, contextWith())).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_ABORTED', stage: 'prepare', http: 499, details: { reason: 'too late' } },
    });
  });

  it.each(['request', 'context'] as const)('ends a handler that hangs, by the signal of the %s', async (place) => {
    const aborter = new AbortController();
    const observers = [
      { observe: (event: ExecutionEvent) => void (event.type === 'confined' && aborter.abort('enough')) },
    ];
    const signal = place === 'request' ? { signal: aborter.signal } : {};
    const context = contextWith(place === 'context' ? { observers, signal: aborter.signal } : { observers });
    await using runtime = createRuntime({ graceMs: 10 });
    const result = await runtime.execute({ handler: './run.mjs#hang', input: {}, ...signal }, context);

    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED', details: { reason: 'enough' } } });
  });

  it('shortens the time of one request, and never lengthens it', async () => {
    await using runtime = createRuntime({ graceMs: 10 });
    const context = contextWith({ permissions: { quotas: { timeoutMs: 300 } } });
    const short = await runtime.execute({ handler: './run.mjs#hang', input: {}, timeoutMs: 100 }, context);
    const long = await runtime.execute({ handler: './run.mjs#hang', input: {}, timeoutMs: 60_000 }, context);

    expect(short).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' }, metrics: { wallMs: { limit: 100 } } });
    expect(long).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' }, metrics: { wallMs: { limit: 300 } } });
  });

  it('freezes the record, and hands out no host path in a failure', async () => {
    const result = await execute('./missing.mjs#run', {}, contextWith());

    expect([result, result.metrics, result.logs, result.artifacts].every(Object.isFrozen)).toBe(true);
    expect(JSON.stringify(result)).not.toContain(plugin.root);
  });

  it.each(['./run.mjs#notFunction', './run.mjs#missing', './run.mjs#toString'])('does not find %s', async (handler) => {
    await expect(execute(handler, {}, contextWith())).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_HANDLER_NOT_FOUND', http: 404 },
    });
  });
});
