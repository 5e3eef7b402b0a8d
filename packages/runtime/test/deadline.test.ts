import { describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../src/index.js';
import type { ExecuteResult, PluginContextOptions, RuntimeLogRecord, SandboxAdapter } from '../src/index.js';
import { adapterWith, placeWith } from './adapters.js';
import { pluginFolder } from './plugin-folder.js';

const never = (): Promise<never> => new Promise(() => undefined);

interface Attempt {
  readonly result: ExecuteResult;
  readonly logged: readonly string[];
}

async function attempt(sandbox: SandboxAdapter, rest: Partial<PluginContextOptions>): Promise<Attempt> {
  await using plugin = await pluginFolder({ 'run.mjs': 'export const run = (input) => input;' });
  const records: RuntimeLogRecord[] = [];
  const runtime = createRuntime({ graceMs: 1, logLevel: 'error', logSink: (record) => records.push(record) });
  const context = createPluginContext({
    capabilities: [],
    permissions: {},
    pluginRoot: plugin.root,
    sandbox,
    requiredConfinement: 'none',
    ...rest,
  });
  const result = await runtime.execute({ handler: './run.mjs#run', input: 7 }, context);
  await runtime[Symbol.asyncDispose]();
  return { result, logged: records.map((record) => record.event) };
}

// An adapter that keeps its promise ends all of these by itself. Every one of them takes two seconds, so they run together.
describe.concurrent('an adapter that never', () => {
  it('starts is not waited for, and a place that comes late is given back', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<string>();
    const sandbox = adapterWith({
      async acquire(plan) {
        await promise;
        return placeWith(plan, { [Symbol.asyncDispose]: async () => closed.resolve('closed') });
      },
    });
    const { result } = await attempt(sandbox, { permissions: { quotas: { startTimeoutMs: 10 } } });
    resolve();

    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_START_TIMEOUT', stage: 'sandbox' } });
    await expect(closed.promise).resolves.toBe('closed');
  });

  it('ends a handler is not waited for', async () => {
    const sandbox = adapterWith({ acquire: (plan) => placeWith(plan, { run: never }) });
    const { result } = await attempt(sandbox, { permissions: { quotas: { timeoutMs: 10 } } });

    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT', stage: 'handler', source: 'host' } });
  });

  it.for(['acquire', 'run'] as const)('heeds an abort is not waited for either, in %s', async (where) => {
    const aborter = new AbortController();
    const hang = (): Promise<never> => {
      aborter.abort('enough');
      return never();
    };
    const sandbox = adapterWith(
      where === 'acquire' ? { acquire: hang } : { acquire: (plan) => placeWith(plan, { run: hang }) },
    );
    const { result } = await attempt(sandbox, { signal: aborter.signal });

    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED', details: { reason: 'enough' } } });
  });

  it('closes changes no verdict, and the log says so', async () => {
    const sandbox = adapterWith({ acquire: (plan) => placeWith(plan, { [Symbol.asyncDispose]: never }) });
    const { result, logged } = await attempt(sandbox, {});

    expect([result.ok, logged]).toEqual([true, ['close-failed']]);
  });
});
