import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { forkSandbox } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContextOptions, RuntimeOptions } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

// What went wrong in the plugin runtime before this one, in the sandbox that a host gets if it says nothing, save that no process is kept ready:
// counted here are those of runs.
const options: RuntimeOptions = { requiredConfinement: 'guard', maxConcurrency: 2 };
const soon = { timeout: 5_000, interval: 1 };
let scene: Scene;

beforeAll(async () => {
  scene = await openScene(forkSandbox({ spares: 0 }), options);
});

afterAll(() => scene[Symbol.asyncDispose]());

describe('a run that takes too long', () => {
  // The exit by SIGTERM or SIGKILL that the timeout itself caused settled nothing, or was told as an internal error. And
  // `child.killed` tells that a signal was sent, not that it worked: who ignored SIGTERM was never killed.
  it('ends as a timeout that says how long it had, and is gone, though it ignores every signal that it can', async () => {
    const result = await run('clings', {}, { permissions: { quotas: { timeoutMs: 300 } } });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_TIMEOUT', http: 504, source: 'host', details: { limitMs: 300 } },
    });
    await untilNothingIsLeft();
  });
});

describe('a caller that aborts', () => {
  // The signal was looked at before the start, and never again.
  it.each(['waits', 'clings'])('ends a handler that %s', async (name) => {
    const controller = new AbortController();
    const seen = scene.events.length;
    const running = execute(name, {}, { signal: controller.signal });
    await vi.waitFor(() => expect(scene.events.slice(seen).some(({ type }) => type === 'progress')).toBe(true), 10_000);
    expect(children()).not.toEqual([]);
    controller.abort(new Error('the caller went away'));
    expect(await running).toMatchObject({
      ok: false,
      error: { code: 'ERR_ABORTED', http: 499, message: expect.stringContaining('the caller went away') },
    });
    await untilNothingIsLeft();
  });

  it('before the start starts nothing', async () => {
    const result = await execute('gives', {}, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' }, confinement: undefined });
  });
});

describe('calls one after the other', () => {
  // Whoever had answered was sent SIGTERM once and left to itself; a replaced worker was forgotten while it still ran.
  it('leave no process behind, however they end', async () => {
    for (const name of ['gives', 'failsAsItsDriver', 'dies', 'nowhere']) await run(name, {});
    await expect.poll(children, soon).toEqual([]);
  });

  // A worker that was due was taken out while its replacement was not there yet, and nobody looked at the queue again.
  it('all get their answer, with guests that die among them', async () => {
    const names = Array.from({ length: 8 }, (_, index) => (index % 3 === 1 ? 'dies' : 'gives'));
    const results = await Promise.all(names.map((name, index) => run(name, index)));
    const expected = names.map((name, index) =>
      name === 'gives' ? { ok: true, data: index } : { ok: false, error: { code: 'ERR_SANDBOX_CRASHED' } },
    );
    expect(results).toMatchObject(expected);
  });

  // The queue was one line for all: whoever asked often was served, and the others ran into their timeout.
  it('of one plugin do not keep another one waiting', async () => {
    const order: string[] = [];
    const call = async (id: string): Promise<void> => {
      const result = await run('gives', id, { plugin: { id, version: '1.0.0' } });
      expect(result).toMatchObject({ ok: true });
      order.push(id);
    };
    const busy = Array.from({ length: 9 }, () => call('busy'));
    await Promise.all([...busy, call('patient')]);
    // Two run at once, and then it is the turn of who has waited; one or two may overtake it on their way home.
    expect(order.indexOf('patient')).toBeLessThan(6);
  });
});

describe('a memory quota', () => {
  // `--max-old-space-size` alone: bytes do not lie in that heap, so a guest took gigabytes under a quota of 64 MB.
  it('holds for what lies outside of the heap', async () => {
    const result = await run('fillsBuffers', {}, { permissions: { quotas: { memoryMb: 64 } } });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_MEMORY_EXCEEDED', http: 507, details: { quota: 'memoryMb', limit: 64 } },
    });
    // Looked at every 20 ms from outside, so it is over by what fits in between.
    expect(result.metrics.peakMemoryBytes.used).toBeLessThan(1_000_000_000);
  });
});

describe('a guest', () => {
  // Workers were reused for whatever plugin came next, with their globals, prototypes and variables.
  it('sees nothing of the plugin before it, nor of its own run before', async () => {
    const results = [];
    for (const id of ['first', 'second', 'second']) results.push(await run('counts', {}, plugin(id)));
    for (const result of results) expect(result).toMatchObject({ ok: true, data: [1, 1, 'x', expect.any(Number)] });
    expect(new Set(results.map((result) => (result.ok ? Object(result.data)[3] : result))).size).toBe(
      isWalled(results[0]) ? 1 : 3,
    );
  });

  // Node's IPC was JSON: a date came as text, bytes as an object of numbers, and what was undefined was gone.
  it('gets and gives dates, bytes and whatever else JSON has not', async () => {
    const input = { at: new Date(5), bytes: new Uint8Array([9]), map: new Map([[1, new Set(['x'])]]) };
    expect(await run('kinds', input)).toMatchObject({
      ok: true,
      data: { input, at: new Date(86_400_000), bytes: new Uint8Array([0, 127, 255]), big: 2n ** 70n, none: undefined },
    });
  });

  // Every failure of a handler was told as `PLUGIN_HANDLER_NOT_FOUND` or `INTERNAL`, with nothing but its message.
  it('keeps the code, name and causes of what it threw, beside ours', async () => {
    expect(await run('failsAsItsDriver', {})).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_HANDLER_FAILED',
        source: 'handler',
        error: {
          name: 'RangeError',
          code: 'E_POOL_EXHAUSTED',
          message: 'the pool is exhausted',
          cause: { code: 'ECONNREFUSED', message: expect.stringContaining('10.0.0.7') },
        },
      },
    });
  });
});

describe('debugging', () => {
  // `KB_PLUGIN_DEV_MODE=true`, or a context with `debug`, ran handlers inside the host and opened an inspector.
  it('takes nothing away from the sandbox, whatever the environment says', async () => {
    const env = {
      ...process.env,
      KB_PLUGIN_DEV_MODE: 'true',
      KB_LOG_LEVEL: 'debug',
      NODE_ENV: 'development',
      NODE_DEBUG: 'module',
      DEBUG: '*',
      NODE_OPTIONS: '--trace-warnings',
      SECRET_OF_THE_HOST: 'a-value-of-the-host',
    };
    const script = `
      import { createPluginContext, createRuntime } from '@kb-labs/plugin-runtime';
      const runtime = createRuntime();
      const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: ${JSON.stringify(pluginFolder('regressions'))} });
      const result = await runtime.execute('./handlers.js#looksAround', ${JSON.stringify({ secret: scene.secret })}, context);
      console.log('=' + JSON.stringify([process.pid, result.ok ? result.data : result.error, result.confinement]));
      await runtime[Symbol.asyncDispose]();`;
    const child = { cwd: import.meta.dirname, env };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], child);
    const [, data, confinement] = JSON.parse(/^=(.*)$/mu.exec(stdout)?.[1] ?? '[]');
    expect(data.secret).toMatch(/^(?:ERR_ACCESS_DENIED|ENOENT)$/u);
    expect(data).toMatchObject({ variables: '', inspector: expect.stringMatching(/^(?:|ERR_\w+)$/u) });
    expect(data.spawn).toMatch(/^(?:ERR_\w+|EPERM|ENOENT|EACCES)$/u);
    const quiet = await run('gives', {});
    expect(confinement).toEqual(quiet.confinement);
  });

  it.each(['debug', 'devMode', 'inspect', 'dev'])('is no option: %s is refused', (name) => {
    expect(() => contextOf({ [name]: true })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});

function contextOf(more: Partial<PluginContextOptions> = {}): ReturnType<Scene['grant']> {
  return scene.grant({ pluginRoot: pluginFolder('regressions'), ...more });
}

function run(name: string, input: unknown, more: Partial<PluginContextOptions> = {}): Promise<ExecuteResult> {
  return scene.runtime.execute(`./handlers.js#${name}`, input, contextOf(more));
}

function execute(name: string, input: unknown, more: { readonly signal: AbortSignal }): Promise<ExecuteResult> {
  return scene.runtime.execute({ handler: `./handlers.js#${name}`, input, ...more }, contextOf());
}

function plugin(id: string): Partial<PluginContextOptions> {
  return { plugin: { id, version: '1.0.0' } };
}

/** Behind the wall each guest is in a namespace of its own, and has the same number there. */
function isWalled(result: ExecuteResult | undefined): boolean {
  return result?.confinement?.firmness.process === 'wall';
}

/** No run is under way any more, so nothing of one may last: what the kernel has still to clear away takes a moment. */
async function untilNothingIsLeft(): Promise<void> {
  await expect.poll(children, soon).toEqual([]);
}

/** The processes that this one has started and that are still there. */
function children(): readonly string[] {
  return globSync(`/proc/self/task/*/children`).flatMap((path) =>
    readFileSync(path, 'utf8').split(' ').filter(Boolean),
  );
}
