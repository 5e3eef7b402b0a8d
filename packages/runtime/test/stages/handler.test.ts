import { createError } from '@kb-labs/contracts';
import type { ExecutionEvent, Sandbox } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../../src/index.js';
import type { PluginContext, PluginContextOptions } from '../../src/index.js';
import { adapterWith, placeWith, unchecked } from '../adapters.js';
import { pluginFolder } from '../plugin-folder.js';
import type { PluginFolder } from '../plugin-folder.js';

// One that is disposed: the runtime of the free functions keeps processes ready for longer than these tests take.
const runtime = createRuntime();
const { execute } = runtime;
afterAll(() => runtime[Symbol.asyncDispose]());

const usage = { cpuMs: 1, peakMemoryBytes: 2, outputBytes: 3, resultBytes: 4, leaked: ['Timeout'] };

describe('runHandler', () => {
  let plugin: PluginFolder;
  beforeAll(async () => {
    plugin = await pluginFolder({
      'a.txt': 'hello',
      'run.mjs': `
        export const run = (input) => input;
        export const read = async (paths, ctx) => {
          for (const path of paths) await ctx.fs.readFile(path).catch(() => {});
        };
        export const peek = async () => (await import('node:fs')).readFileSync('/etc/hostname', 'utf8');
        export const exit = () => process.exit(3);
        export const shout = (lines, ctx) => { for (let n = 0; n < lines; n += 1) ctx.log.info('x'.repeat(100)); };
      `,
    });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  function contextWith(rest: Partial<PluginContextOptions>): PluginContext {
    return createPluginContext({
      capabilities: ['fs.read'],
      permissions: { fs: { mode: 'read', allow: ['.'], deny: ['secret'] } },
      root: plugin.root,
      pluginRoot: plugin.root,
      requiredConfinement: 'none',
      ...rest,
    });
  }

  function withRun(run: Sandbox['run']): PluginContext {
    return contextWith({ sandbox: adapterWith({ acquire: (plan) => placeWith(plan, { run }) }) });
  }

  it.each([
    ['rejects', () => Promise.reject(new Error('secret'))],
    [
      'throws at once',
      () => {
        throw new Error('secret');
      },
    ],
    ['answers nonsense', () => Promise.resolve('secret')],
    ['answers nothing', () => Promise.resolve()],
    ['answers without a use', () => Promise.resolve({ ok: true, value: 'secret' })],
    ['answers with an error that is none', () => Promise.resolve({ ok: false, error: 'secret', phase: 'load', usage })],
  ])('fails the run, and not the call, where a place %s', async (_, run) => {
    const result = await execute({ handler: './run.mjs#run', input: 7 }, withRun(unchecked(run)));

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_SANDBOX_CRASHED', stage: 'handler', source: 'host' },
    });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it.each([
    ['load', 'handler'],
    ['input', 'input'],
    ['handler', 'handler'],
    ['output', 'output'],
  ] as const)('says of what failed in the phase "%s" that it was the stage "%s"', async (phase, stage) => {
    const error = createError('ERR_CPU_EXCEEDED', 'too busy');
    const run: Sandbox['run'] = () => Promise.resolve({ ok: false, error, guestError: undefined, phase, usage });

    await expect(execute({ handler: './run.mjs#run', input: 7 }, withRun(run))).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_CPU_EXCEEDED', stage, source: 'host' },
      metrics: {
        cpuMs: { used: 1 },
        peakMemoryBytes: { used: 2 },
        outputBytes: { used: 3 },
        resultBytes: { used: 4 },
        leaked: ['Timeout'],
      },
    });
  });

  it.each([
    [
      'what Node refuses a guest',
      'peek',
      'ERR_HANDLER_FAILED',
      'use ctx.fs, ctx.fetch or ctx.shell, with the capability',
    ],
    ['a guest that ends itself', 'exit', 'ERR_SANDBOX_CRASHED', 'look at result.logs for what it wrote last'],
  ])('has a hint for %s', async (_, handler, code, hint) => {
    const result = await execute(
      { handler: `./run.mjs#${handler}`, input: undefined },
      contextWith({ sandbox: 'fork' }),
    );

    expect(result).toMatchObject({ ok: false, error: { code, hint: expect.stringContaining(hint) } });
  });

  it('counts host calls by name, those that were denied as well, and tells the observers', async () => {
    const calls: unknown[] = [];
    const observe = (event: ExecutionEvent): void =>
      void (event.type === 'host-call' && calls.push([event.name, event.code]));
    const context = contextWith({ sandbox: 'in-process', observers: [{ observe }] });
    const result = await execute({ handler: './run.mjs#read', input: ['a.txt', 'secret', 'missing'] }, context);

    expect(result.metrics).toMatchObject({ hostCalls: { used: 3 }, hostCallsByName: { 'fs.readFile': 3 }, denials: 1 });
    expect(calls).toEqual([
      ['fs.readFile', undefined],
      ['fs.readFile', 'ERR_PERMISSION_DENIED'],
      ['fs.readFile', expect.stringMatching(/^ERR_/u)],
    ]);
  });

  it.each(['fork', 'in-process'] as const)('keeps no more output than the quota, in %s', async (sandbox) => {
    const context = contextWith({ sandbox, permissions: { quotas: { maxOutputBytes: 1000 } } });
    const { logs } = await execute({ handler: './run.mjs#shout', input: 5000 }, context);

    expect(logs.filter((log) => log.source === 'log').length).toBeLessThanOrEqual(10);
    expect(logs.at(-1)?.source).toBe('sandbox');
  });

  it.each([0, 1])('serves no call that comes after the end, with %s before it', async (before) => {
    const { signal } = new AbortController();
    let call = (): Promise<unknown> => Promise.reject(new Error('no run'));
    const run: Sandbox['run'] = async (_, host) => {
      call = () => host.call('fs.readFile', ['a.txt'], signal);
      for (let n = 0; n < before; n += 1) await call();
      return { ok: true, value: 1, usage };
    };
    const result = await execute({ handler: './run.mjs#run', input: 1 }, withRun(run));

    expect(result).toMatchObject({ ok: true, metrics: { hostCalls: { used: before } } });
    await expect(call()).rejects.toMatchObject({ code: 'ERR_PERMISSION_DENIED', details: { reason: 'run-over' } });
  });

  it('hears nothing of a guest that talks on after its end', async () => {
    const note = { kind: 'log', level: 'info', source: 'stdout', text: 'late', fields: {} } as const;
    const told: string[] = [];
    let talk = (): void => undefined;
    const run: Sandbox['run'] = (_, host) => {
      talk = () => host.note(note);
      return Promise.resolve({ ok: true, value: 1, usage });
    };
    const observers = [{ observe: (event: ExecutionEvent) => void told.push(event.type) }];
    const sandbox = adapterWith({ acquire: (plan) => placeWith(plan, { run }) });
    const result = await execute({ handler: './run.mjs#run', input: 1 }, contextWith({ sandbox, observers }));
    talk();

    expect([result.logs, told.at(-1), told.includes('log')]).toEqual([[], 'execution-end', false]);
  });

  it('does not trust an adapter to keep to the quota', async () => {
    const note = { kind: 'log', level: 'info', source: 'stdout', text: 'x'.repeat(400), fields: {} } as const;
    const run: Sandbox['run'] = (_, host) => {
      for (let count = 0; count < 100; count += 1) host.note(note);
      return Promise.resolve({ ok: true, value: 1, usage });
    };
    const permissions = { quotas: { maxOutputBytes: 1000 } };
    const sandbox = adapterWith({ acquire: (plan) => placeWith(plan, { run }) });
    const result = await execute({ handler: './run.mjs#run', input: 1 }, contextWith({ sandbox, permissions }));

    expect(result.logs.map((log) => log.source)).toEqual(['stdout', 'stdout', 'sandbox']);
  });
});
