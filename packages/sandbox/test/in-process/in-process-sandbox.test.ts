import { inProcessSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { CONFINEMENTS } from '@kb-labs/contracts';
import type { Sandbox, SandboxPlan } from '@kb-labs/contracts';
import { makePlugin, planFor, runBody, runOnce, textOf, valueOf } from '../fork/fork-scene.js';

describe('an in-process guest', () => {
  const adapter = inProcessSandbox();
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('confines nothing, and says so', async () => {
    expect(await adapter.confines()).toEqual(Object.fromEntries(CONFINEMENTS.map((name) => [name, 'none'])));
  });

  it('works on copies', async () => {
    const input = { list: [1], when: new Date(0) };
    const kept: unknown[] = [];
    const answer = (_: string, args: readonly unknown[]): Promise<unknown> => Promise.resolve(kept.push(...args));
    const body = 'input.list.push(2); await ctx.test.keep(input.list); input.list.push(3); return input;';
    const value = valueOf(await runBody(adapter, body, { input, api: ['test.keep'], answer }));
    expect([input, kept, value]).toEqual([
      { list: [1], when: new Date(0) },
      [[1, 2]],
      { list: [1, 2, 3], when: new Date(0) },
    ]);
  });

  it('gets what was granted and nothing else in its ctx', async () => {
    const body =
      'return { members: Object.keys(ctx).sort(), frozen: Object.isFrozen(ctx), env: ctx.env, files: Object.keys(ctx.fs) };';
    const options = { api: ['fs.readFile', 'env.get'], env: { A: '1' } };
    expect(valueOf(await runBody(adapter, body, options))).toEqual({
      members: ['env', 'fs', 'log', 'onCleanup', 'progress', 'signal'],
      frozen: true,
      env: { A: '1' },
      files: ['readFile'],
    });
  });

  it('meets the refusals of its host as errors with a code', async () => {
    const body =
      "try { await ctx.fs.readFile('x'); } catch (error) { return [error.name, error.code, error.message]; }";
    const options = { api: ['fs.readFile'], answer: () => Promise.reject(new Error('secret of the host')) };
    expect(valueOf(await runBody(adapter, body, options))).toEqual([
      'PluginError',
      'ERR_INTERNAL',
      '"fs.readFile" failed on the host',
    ]);
  });

  it('has its call ended by time, and its ctx taken away', async () => {
    const calls: string[] = [];
    using plugin = makePlugin({
      'main.mjs': `export async function handle(_, ctx) {
        await new Promise((resolve) => { globalThis.kbRelease = resolve; });
        void ctx.test.late();
        ctx.log.info('late');
        globalThis.kbLate = true;
      }`,
    });
    const answer = (name: string): Promise<unknown> => Promise.resolve(calls.push(name));
    const run = await runOnce(adapter, plugin.root, { limits: { timeoutMs: 30 }, api: ['test.late'], answer });
    expect(run.outcome).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
    const release: unknown = Reflect.get(globalThis, 'kbRelease');
    if (typeof release === 'function') Reflect.apply(release, undefined, []);
    await new Promise((resolve) => setImmediate(resolve));
    expect(Reflect.get(globalThis, 'kbLate')).toBe(true);
    expect([calls, textOf(run.notes)]).toEqual([[], []]);
    for (const name of ['kbRelease', 'kbLate']) Reflect.deleteProperty(globalThis, name);
  });

  const block = 'const end = performance.now() + 15; while (input && performance.now() < end);';
  it.each([
    ['returns', `${block} return 'late';`],
    ['throws', `${block} throw new Error('late');`],
    ['goes on after a wait and returns', `await undefined; ${block} return 'late';`],
  ])('is late where it holds the thread beyond its time, and then %s', async (_, body) => {
    using plugin = makePlugin({
      'main.mjs': `export async function handle(input, ctx) {
        ctx.onCleanup(() => ctx.log.info(ctx.signal.reason?.code));
        ${body}
      }`,
    });
    // To load the module takes of the time as well, so it is loaded before.
    await runOnce(adapter, plugin.root, { input: false });
    const run = await runOnce(adapter, plugin.root, { input: true, limits: { timeoutMs: 10 } });
    expect(run.outcome).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT', details: { limitMs: 10 } } });
    expect(textOf(run.notes)).toEqual(['log info: ERR_TIMEOUT']);
  });

  it('leaves its host a turn while it goes on calling, so that it can be ended', async () => {
    const body = 'for (;;) await ctx.test.ask();';
    const run = await runBody(adapter, body, { limits: { timeoutMs: 30 }, api: ['test.ask'] });
    expect(run.outcome).toMatchObject({ error: { code: 'ERR_TIMEOUT' } });
  });

  it('has its call ended by abort, after its cleanups, the last first', async () => {
    const controller = new AbortController();
    const body =
      "ctx.onCleanup(() => ctx.log.info('first')); ctx.onCleanup(() => { ctx.log.info('second'); throw new Error('x'); }); void ctx.test.up(); await new Promise(() => {});";
    const answer = (): Promise<unknown> => Promise.resolve(void controller.abort());
    const run = await runBody(adapter, body, { signal: controller.signal, api: ['test.up'], answer });
    expect(run.outcome).toMatchObject({ error: { code: 'ERR_ABORTED' } });
    expect(textOf(run.notes)).toEqual(['log info: second', 'log warn: a cleanup failed', 'log info: first']);
  });

  it('is not opened for a plan that was aborted', async () => {
    const plan = { ...planFor('/plugin'), signal: AbortSignal.abort({ any: 'reason' }) };
    await expect(adapter.acquire(plan)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('is not called where its run is ended in the turn in which it was asked for', async () => {
    using plugin = makePlugin({
      'main.mjs': 'export const handle = () => { globalThis.kbCalls = (globalThis.kbCalls ?? 0) + 1; };',
    });
    await runOnce(adapter, plugin.root);
    const controller = new AbortController();
    const adapterThatAborts = {
      ...adapter,
      acquire: async (plan: SandboxPlan): Promise<Sandbox> => {
        const place = await adapter.acquire(plan);
        const run: Sandbox['run'] = (call, host) => {
          const outcome = place.run(call, host);
          controller.abort();
          return outcome;
        };
        return { ...place, run };
      },
    };
    const { outcome } = await runOnce(adapterThatAborts, plugin.root, { signal: controller.signal });
    expect([outcome, Reflect.get(globalThis, 'kbCalls')]).toMatchObject([{ error: { code: 'ERR_ABORTED' } }, 1]);
    Reflect.deleteProperty(globalThis, 'kbCalls');
  });

  it('runs schemas of the plugin before and after its handler', async () => {
    using plugin = makePlugin({
      'main.mjs': `
        const schema = (validate) => ({ '~standard': { version: 1, vendor: 'test', validate } });
        export const input = schema((value) => typeof value === 'number' ? { value: value + 1 } : { issues: [{ message: 'no number', path: ['a', { key: 'b/c' }] }] });
        export const output = schema((value) => ({ value: [value] }));
        export const handle = (value) => value * 10;
      `,
    });
    const file = `${plugin.root}/main.mjs`;
    await using place = await adapter.acquire(planFor(plugin.root));
    await using second = await adapter.acquire(planFor(plugin.root));
    const call = {
      executionId: 'e',
      handler: { file, export: 'handle' },
      inputSchema: { file, export: 'input' },
      outputSchema: { file, export: 'output' },
      outputParts: [],
      api: [],
      signal: new AbortController().signal,
    };
    const host = { call: () => Promise.resolve(), note: () => undefined };
    expect(await place.run({ ...call, input: 4 }, host)).toMatchObject({ ok: true, value: [50] });
    expect(await second.run({ ...call, input: 'x' }, host)).toMatchObject({
      ok: false,
      phase: 'input',
      error: { code: 'ERR_INPUT_INVALID', details: { issues: [{ pointer: '/a/b~1c', message: 'no number' }] } },
    });
  });
});
