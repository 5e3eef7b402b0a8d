import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ExecutionEvent, SandboxAdapter } from '@kb-labs/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { createPluginContext, createRuntime, inProcessSandbox } from '../src/index.js';
import type { PluginContextOptions, Runtime, RuntimeLogRecord, RuntimeOptions } from '../src/index.js';
import { adapterWith, placeWith } from './adapters.js';
import { inProcess, manifestWith, pluginFolder } from './plugin-folder.js';
import type { PluginFolder } from './plugin-folder.js';

describe('createRuntime', () => {
  let plugin: PluginFolder;
  beforeAll(async () => {
    plugin = await pluginFolder({
      'run.mjs': `
        export const run = (input) => input;
        export const wait = (_, ctx) => new Promise((resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
        });
      `,
    });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function options(rest: Partial<PluginContextOptions> = {}): PluginContextOptions {
    return { capabilities: [], permissions: {}, pluginRoot: plugin.root, ...rest };
  }

  /** Starts a run that waits until it is aborted, and resolves when it has its sandbox. */
  async function occupy(runtime: Runtime, signal: AbortSignal): Promise<{ readonly ended: Promise<unknown> }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const observe = (event: ExecutionEvent): void => void (event.type === 'confined' && resolve());
    const context = runtime.createContext(options({ observers: [{ observe }], signal }));
    const ended = runtime.execute('./run.mjs#wait', {}, context);
    await promise;
    return { ended };
  }

  it('brings its sandbox and confinement to its contexts, and those can say otherwise', async () => {
    await using runtime = createRuntime(inProcess);
    const own = runtime.createContext(options());
    const other = runtime.createContext(options({ sandbox: 'fork' }));

    await expect(runtime.execute('./run.mjs#run', 1, own)).resolves.toMatchObject({
      confinement: { adapter: 'in-process' },
    });
    await expect(runtime.execute('./run.mjs#run', 1, other)).resolves.toMatchObject({
      confinement: { adapter: 'fork' },
    });
    await expect(runtime.execute('./run.mjs#run', 1, createPluginContext(options()))).resolves.toMatchObject({
      confinement: { adapter: 'in-process' },
    });
  });

  it('ties its contexts to no adapter, so that they outlive it', async () => {
    const inner = inProcessSandbox();
    const sandbox: SandboxAdapter = {
      name: 'custom',
      confines: () => inner.confines(),
      acquire: (plan) => inner.acquire(plan),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
    const first = createRuntime({ sandbox, requiredConfinement: 'none' });
    const context = first.createContext(options());
    await first[Symbol.asyncDispose]();
    await using second = createRuntime();

    await expect(second.execute('./run.mjs#run', 1, context)).resolves.toMatchObject({
      ok: true,
      confinement: { adapter: 'fork' },
    });
  });

  it('ends what runs and what waits, then its adapters, and takes nothing more', async () => {
    const order: string[] = [];
    const inner = inProcessSandbox();
    const sandbox: SandboxAdapter = {
      name: 'custom',
      confines: () => inner.confines(),
      acquire: (plan) => inner.acquire(plan),
      async [Symbol.asyncDispose]() {
        order.push('adapter');
      },
    };
    const ends = { observe: (event: ExecutionEvent) => void (event.type === 'execution-end' && order.push('run')) };
    const common = { sandbox, requiredConfinement: 'none', observers: [ends] } as const;
    const runtime = createRuntime({ ...common, maxConcurrency: 1, graceMs: 10 });
    const { ended } = await occupy(runtime, new AbortController().signal);
    const inQueue = Promise.withResolvers<void>();
    const observe = (event: ExecutionEvent): void =>
      void (event.type === 'stage-start' && event.stage === 'queue' && inQueue.resolve());
    const queued = runtime.execute('./run.mjs#run', 1, runtime.createContext(options({ observers: [{ observe }] })));
    await inQueue.promise;
    const all = Promise.all([ended, queued]);
    await runtime[Symbol.asyncDispose]();
    await runtime[Symbol.asyncDispose]();

    await expect(all).resolves.toMatchObject([
      { ok: false, error: { code: 'ERR_ABORTED', details: { reason: 'the runtime was disposed' } } },
      { ok: false, error: { code: 'ERR_ABORTED', stage: 'queue' } },
    ]);
    expect(order).toEqual(['run', 'run', 'adapter']);
    await expect(runtime.execute('./run.mjs#run', 1, createPluginContext(options()))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the runtime has been disposed',
    });
  });

  it('lets a queued run wait no longer than its quota, and removes an aborted one', async () => {
    await using runtime = createRuntime({ ...inProcess, maxConcurrency: 1, graceMs: 10 });
    const aborter = new AbortController();
    const { ended } = await occupy(runtime, aborter.signal);
    const permissions = { quotas: { queueTimeoutMs: 20 } };
    const keepAlive = setInterval(() => undefined, 1000);
    const late = await runtime.execute('./run.mjs#run', 1, runtime.createContext(options({ permissions })));
    clearInterval(keepAlive);
    const leaver = new AbortController();
    // By then it stands in the queue.
    const observe = (event: ExecutionEvent): void =>
      void (event.type === 'stage-start' && event.stage === 'queue' && setImmediate(() => leaver.abort()));
    const leaving = runtime.createContext(options({ observers: [{ observe }], signal: leaver.signal }));
    const gone = await runtime.execute('./run.mjs#run', 1, leaving);
    aborter.abort();
    await ended;

    expect([late, gone]).toMatchObject([
      {
        error: { code: 'ERR_QUEUE_TIMEOUT', stage: 'queue', http: 503, retryable: true },
        metrics: { queueMs: { used: expect.any(Number), limit: 20 } },
      },
      { error: { code: 'ERR_ABORTED', stage: 'queue' }, confinement: undefined },
    ]);
  });

  it('refuses at once what the queue has no room for', async () => {
    await using runtime = createRuntime({ ...inProcess, maxConcurrency: 1, maxQueued: 0, graceMs: 10 });
    const aborter = new AbortController();
    const { ended } = await occupy(runtime, aborter.signal);

    await expect(runtime.execute('./run.mjs#run', 1, runtime.createContext(options()))).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_QUOTA_EXCEEDED', stage: 'queue' },
    });
    aborter.abort();
    await ended;
  });

  it('holds a plugin to its maxConcurrency', async () => {
    // Places open once all runs are in the queue, or each could have ended before the next one begins.
    const allQueued = Promise.withResolvers<void>();
    let queued = 0;
    const acquire: SandboxAdapter['acquire'] = async (plan) => {
      await allQueued.promise;
      return placeWith(plan, {});
    };
    await using runtime = createRuntime({ ...inProcess, sandbox: adapterWith({ acquire }), graceMs: 10 });
    const live = { now: 0, most: 0 };
    const observe = (event: ExecutionEvent): void => {
      if (event.type === 'stage-start' && event.stage === 'queue' && ++queued === 20) allQueued.resolve();
      if (event.type === 'confined') live.now += 1;
      if (event.type === 'execution-end') live.now -= 1;
      live.most = Math.max(live.most, live.now);
    };
    const context = runtime.createContext(
      options({ observers: [{ observe }], permissions: { quotas: { maxConcurrency: 2 } } }),
    );
    const runs = Array.from({ length: 20 }, (_, index) => runtime.execute('run', index, context, manifestWith()));

    expect((await Promise.all(runs)).map((result) => result.ok && result.data)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
    expect(live).toEqual({ now: 0, most: 2 });
  });

  it('tells its observers, and those of the context, and survives both', async () => {
    const told: string[] = [];
    const records: RuntimeLogRecord[] = [];
    const observer = (name: string): { observe(event: ExecutionEvent): void } => ({
      observe(event) {
        if (event.type !== 'execution-end') return;
        told.push(name);
        throw new Error(name);
      },
    });
    await using runtime = createRuntime({
      ...inProcess,
      observers: [observer('runtime')],
      logLevel: 'error',
      logSink: (record) => records.push(record),
    });
    const context = runtime.createContext(options({ observers: [observer('context')] }));

    await expect(runtime.execute('./run.mjs#run', 1, context)).resolves.toMatchObject({ ok: true });
    expect(told).toEqual(['runtime', 'context']);
    expect(records.map((record) => record.event)).toEqual(['observer-failed', 'observer-failed']);
  });

  it('logs at the level that KB_LOG_LEVEL asks for, unless an option does', async () => {
    const events = async (rest: RuntimeOptions): Promise<string[]> => {
      const records: RuntimeLogRecord[] = [];
      await using runtime = createRuntime({ ...inProcess, logSink: (record) => records.push(record), ...rest });
      await runtime.execute('./run.mjs#run', 1, runtime.createContext(options()));
      return records.map((record) => record.event);
    };
    expect(await events({})).toEqual([]);
    vi.stubEnv('KB_LOG_LEVEL', 'info');
    expect(await events({})).toEqual(['execution-end']);
    expect(await events({ logLevel: 'silent' })).toEqual([]);
    vi.stubEnv('KB_LOG_LEVEL', 'loud');
    expect(() => createRuntime()).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it.each<[string, Record<string, unknown>]>([
    ['/maxConcurrency', { maxConcurrency: 0 }],
    ['/maxQueued', { maxQueued: -1 }],
    ['/graceMs', { graceMs: Number.NaN }],
    ['/clock', { clock: { now: 1 } }],
    ['/logSink', { logSink: 'stderr' }],
    ['/concurrency', { concurrency: 2 }],
    ['/capabilityRegistry', { capabilityRegistry: { 'acme.mail': '1.0.0' } }],
    ['/hostApi/timeout', { hostApi: { timeout: 1 } }],
    ['/hostApi/timeouts/headersMs', { hostApi: { timeouts: { headersMs: 0 } } }],
    ['/hostApi/sameDevice', { hostApi: { sameDevice: 'yes' } }],
    ['/hostApi/resolve', { hostApi: { resolve: '127.0.0.1' } }],
  ])('refuses options that are wrong at %s', (pointer, wrong) => {
    expect(() => createRuntime(wrong)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it.each<[string, unknown, string]>([
    ['/crashLoop', true, 'give false, or { crashes, windowMs } with one of them or both'],
    ['/crashLoop', 5, 'give false, or { crashes, windowMs } with one of them or both'],
    ['/crashLoop/failures', { failures: 2 }, 'there is no such field as "failures"'],
    ['/crashLoop/crashes', { crashes: 0 }, 'Too small: expected number to be >=1'],
  ])('says what crashLoop takes: %s, %j', (pointer, crashLoop, message) => {
    const options: object = { crashLoop };
    expect(() => createRuntime(options)).toThrow(`the runtime is invalid at ${pointer}: ${message}`);
  });

  it('takes any part of crashLoop', async () => {
    for (const crashLoop of [{ crashes: 2 }, { windowMs: 1000 }, {}, false] as const) {
      await using runtime = createRuntime({ crashLoop });
      expect(runtime.crashLoops.list()).toEqual([]);
    }
    await using runtime = createRuntime({ crashLoop: { crashes: 2 } });
    await using plugin = await pluginFolder({ 'run.mjs': 'export const run = () => process.exit(3);' });
    const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root });
    const codes: unknown[] = [];
    for (let done = 0; done < 3; done += 1) {
      const result = await runtime.execute('./run.mjs#run', undefined, context);
      codes.push(result.ok ? 'ok' : result.error.code);
    }
    expect(codes).toEqual(['ERR_SANDBOX_CRASHED', 'ERR_SANDBOX_CRASHED', 'ERR_CRASH_LOOP']);
    expect(runtime.crashLoops.list()).toMatchObject([{ pluginId: 'anonymous', root: plugin.root, refused: true }]);
    expect(runtime.crashLoops.reset('anonymous')).toBe(1);
  });

  const ownPackages = Object.keys(packageJson.dependencies).filter((name) => name.startsWith('@kb-labs/'));

  it.each(['runtime', ...ownPackages.map((name) => name.slice('@kb-labs/'.length))])(
    'never lets a plugin write its own code: %s',
    async (name) => {
      const path = `${name}/dist/forged.js`;
      await using writer = await pluginFolder({
        'run.mjs': "export const run = (path, ctx) => ctx.fs.appendFile(path, '').catch((error) => error.code);",
      });
      await using runtime = createRuntime(inProcess);
      const context = runtime.createContext({
        capabilities: ['fs.write'],
        permissions: { fs: { mode: 'readWrite', allow: ['.'] } },
        root: fileURLToPath(new URL('../..', import.meta.url)),
        pluginRoot: writer.root,
      });

      await expect(runtime.execute('./run.mjs#run', path, context)).resolves.toMatchObject({
        ok: true,
        data: 'ERR_PERMISSION_DENIED',
      });
    },
  );

  it('leaves no listener on a signal that lives on', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    await using runtime = createRuntime(inProcess);
    const context = runtime.createContext(options({ signal: new AbortController().signal }));
    await Promise.all(Array.from({ length: 50 }, () => runtime.execute('./run.mjs#run', 1, context)));
    process.off('warning', onWarning);

    expect(warnings).toEqual([]);
  });
});

describe('the shared runtime', () => {
  it('never keeps a finished process alive', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': 'export const run = (input) => input;' });
    const script = `
      import { createPluginContext, execute } from ${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))};
      const context = createPluginContext({ capabilities: [], permissions: {} });
      console.log((await execute({ handler: './run.mjs#run', input: 'done' }, context)).data);
    `;
    const argv = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: plugin.root, timeout: 15_000 });

    expect(stdout).toBe('done\n');
  });
});
