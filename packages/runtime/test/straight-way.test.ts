import type { ExecuteResult } from '@kb-labs/contracts';
import { inProcessSandbox } from '@kb-labs/sandbox';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../src/index.js';
import type { ExecuteRequest, PluginContext, PluginContextOptions, Runtime } from '../src/index.js';
import { manifestWith, pluginFolder } from './plugin-folder.js';
import type { PluginFolder } from './plugin-folder.js';

const HANDLERS = `
  const values = { undefined: undefined, bytes: new Uint8Array([1, 2]), date: new Date(0), minusZero: -0, function: () => 1, symbol: { [Symbol('s')]: 1 },
    getter: { get a() { return 1; } }, throwing: { get a() { throw new RangeError('no'); } }, proxy: new Proxy({ a: 1 }, {}), map: new Map([['a', [1]]]),
    cycle: (() => { const c = {}; c.c = c; return c; })(), long: 'x'.repeat(300), class: new (class Point {})() };
  const steps = {
    log: (ctx, text) => ctx.log.info(text, { n: 1 }),
    progress: (ctx, text) => ctx.progress(text, 0.5),
    cleanup: (ctx, text) => ctx.onCleanup(() => ctx.log.warn(text)),
    badCleanup: (ctx) => ctx.onCleanup(() => { throw new Error('dirty'); }),
    read: async (ctx, path) => void (await ctx.fs.readFile(path, 'utf8')),
    forget: (ctx, path) => void ctx.fs.readFile(path, 'utf8').catch(() => undefined),
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    abort: () => globalThis[Symbol.for('straight-way')]?.abort('enough'),
    hang: (ctx) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
    throw: (_, text) => { throw Object.assign(new TypeError(text), { code: 'E_OWN' }); },
    throwText: (_, text) => { throw text; },
    spoil: () => { process.emitWarning = () => { throw new Error('no warnings'); }; Object.prototype.spoilt = 1; },
    misuse: (ctx) => ctx.nothing.there(),
  };
  export async function act(input, ctx) {
    for (const [step, text] of input.steps ?? []) await steps[step](ctx, text);
    return input.value in values ? values[input.value] : { ctx: Object.keys(ctx), frozen: Object.isFrozen(ctx), value: input.value, input };
  }
  export const plain = (input) => input;
  export const none = 1;
  const schema = (validate) => ({ '~standard': { version: 1, vendor: 'own', validate } });
  export const checked = schema((value) => (value.value === 'date' ? { issues: [{ message: 'no dates', path: ['value'] }] } : { value }));
`;

const step = fc.tuple(
  fc.constantFrom(
    'log',
    'progress',
    'cleanup',
    'badCleanup',
    'read',
    'forget',
    'wait',
    'abort',
    'throw',
    'throwText',
    'misuse',
  ),
  fc.constantFrom('notes.txt', 'secret.txt', 'it\u001b said', 'x'.repeat(120)),
);
const input = fc.oneof(
  {
    arbitrary: fc.record({
      steps: fc.array(step, { maxLength: 3 }),
      value: fc.constantFrom<unknown>(
        'undefined',
        'bytes',
        'date',
        'minusZero',
        'function',
        'symbol',
        'getter',
        'throwing',
        'proxy',
        'map',
        'cycle',
        'long',
        'class',
        { deep: [1, null, 'é'] },
      ),
    }),
    weight: 6,
  },
  { arbitrary: fc.constantFrom<unknown>(() => 1, Symbol('s'), null, [Number.NaN], new Map([[1, 2]])), weight: 1 },
);
const CONTEXTS = ['nothing', 'files', 'tight', 'stopped', 'mine'] as const;
const SCHEMAS = ['none', 'none', 'same', 'later', 'refuses', 'throws', 'aborts', 'odd'] as const;
const request = fc.record({
  context: fc.constantFrom(...CONTEXTS),
  handler: fc.constantFrom('act', 'act', 'act', 'plain', 'none', 'missing', 'named'),
  input,
  inputSchema: fc.constantFrom(...SCHEMAS),
  outputSchema: fc.constantFrom(...SCHEMAS),
  isAborted: fc.constantFrom(false, false, false, true),
  traceparent: fc.constantFrom(undefined, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'nonsense'),
});
type Asked = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

/** All but ids and times, which differ from run to run, and the times of stages that take none. */
function bare(result: ExecuteResult): unknown {
  const { executionId, traceId, traceparent, metrics, logs, ...rest } = result;
  const { wallMs, totalMs, startMs, queueMs, stages, ...counted } = metrics;
  return {
    ...rest,
    ids: [executionId, traceId, traceparent].map((id) => id.length),
    hasTrace: traceparent.startsWith(`00-${traceId}-`),
    isFrozen: [result, metrics, stages, ...stages, wallMs, logs].every((part) => Object.isFrozen(part)),
    keys: [Object.keys(result), Object.keys(metrics)],
    times: [wallMs, startMs, queueMs, { used: totalMs, limit: 0 }].map(({ used, limit }) => [typeof used, limit]),
    stages: stages.map((entry) => entry.stage),
    counted,
    logs: logs.map(({ time, ...line }) => ({ ...line, hasTime: time > 0 })),
  };
}

describe('the straight way', () => {
  let plugin: PluginFolder;
  const straight = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
  // An adapter that the host hands in is asked for a place, whatever it is.
  const ordinary = createRuntime({ sandbox: inProcessSandbox(), requiredConfinement: 'none' });
  const stopped = new AbortController();
  let contexts: Readonly<Record<(typeof CONTEXTS)[number], PluginContext>>;

  function contextWith(rest: Partial<PluginContextOptions>): PluginContext {
    return createPluginContext({
      capabilities: [],
      permissions: {},
      root: plugin.root,
      pluginRoot: plugin.root,
      ...rest,
    });
  }

  beforeAll(async () => {
    plugin = await pluginFolder({ 'notes.txt': 'hello', 'secret.txt': 'no', 'run.mjs': HANDLERS });
    const fs = { mode: 'read', allow: ['notes.txt'] } as const;
    const quotas = { maxHostCalls: 1, maxOutputBytes: 200, maxResultBytes: 150 };
    contexts = {
      nothing: contextWith({}),
      files: contextWith({ capabilities: ['fs.read'], permissions: { fs } }),
      tight: contextWith({ capabilities: ['fs.read'], permissions: { fs, quotas } }),
      stopped: contextWith({ signal: stopped.signal }),
      mine: contextWith({ plugin: { id: 'test-plugin', version: '1.0.0' } }),
    };
  });
  afterAll(async () => {
    await straight[Symbol.asyncDispose]();
    await ordinary[Symbol.asyncDispose]();
    await plugin[Symbol.asyncDispose]();
  });

  function schemaOf(kind: (typeof SCHEMAS)[number], controller: AbortController): ExecuteRequest['inputSchema'] {
    const validate = (value: unknown): object | Promise<object> => {
      if (kind === 'refuses') return { issues: [{ message: 'not this', path: ['a', { key: 1 }] }] };
      if (kind === 'throws') throw new RangeError('of the schema');
      if (kind === 'aborts') controller.abort(new Error('while it was checked'));
      if (kind === 'odd') return { value: { odd: [value] } };
      return kind === 'later' ? Promise.resolve({ value }) : { value };
    };
    if (kind === 'none') return undefined;
    // What a schema of another vendor gives back is its own.
    return { '~standard': { version: 1, vendor: 'own', validate: validate as never } };
  }

  async function runIn(runtime: Runtime, asked: Asked): Promise<ExecuteResult> {
    const controller = new AbortController();
    if (asked.isAborted) controller.abort('before');
    Reflect.set(globalThis, Symbol.for('straight-way'), controller);
    const context = contexts[asked.context];
    if (asked.handler === 'named') {
      const manifest = manifestWith({ handlers: { named: { handler: './run.mjs#act', input: './run.mjs#checked' } } });
      return await runtime.execute('named', asked.input, context, manifest);
    }
    const inputSchema = schemaOf(asked.inputSchema, controller);
    const outputSchema = schemaOf(asked.outputSchema, controller);
    const { traceparent } = asked;
    return await runtime.execute(
      {
        handler: `./run.mjs#${asked.handler}`,
        input: asked.input,
        signal: controller.signal,
        ...(inputSchema !== undefined && { inputSchema }),
        ...(outputSchema !== undefined && { outputSchema }),
        ...(traceparent !== undefined && { traceparent }),
      },
      context,
    );
  }

  it('ends each run as the stages one by one do, with the same receipt', async () => {
    const isSame = fc.asyncProperty(request, async (asked) => {
      expect(bare(await runIn(straight, asked))).toEqual(bare(await runIn(ordinary, asked)));
    });
    await fc.assert(isSame, { seed: 1, numRuns: 400 });
  });

  it('is the way of every run but the first, and opens no place', async () => {
    const context = contextWith({});
    const results = [];
    for (let run = 0; run < 3; run += 1) results.push(await straight.execute('./run.mjs#plain', run, context));

    const opened = results.map(({ metrics }) => metrics.stages.find(({ stage }) => stage === 'sandbox')?.ms !== 0);
    expect(opened).toEqual([true, false, false]);
  });

  it.each([
    ['a time that is over', () => ({ timeoutMs: 20 })],
    ['a signal', () => ({ signal: AbortSignal.timeout(20) })],
  ])('ends a run that hangs by %s', async (_, ending) => {
    const asked = (): ExecuteRequest => ({ handler: './run.mjs#act', input: { steps: [['hang', '']] }, ...ending() });
    const known = { handler: './run.mjs#act', input: {} };
    for (const runtime of [straight, ordinary]) await runtime.execute(known, contexts.nothing);
    const one = await straight.execute(asked(), contexts.nothing);
    const other = await ordinary.execute(asked(), contexts.nothing);

    expect(one).toMatchObject({ ok: false, error: { stage: 'handler' } });
    expect({ ...Object(bare(one)), error: code(one) }).toEqual({ ...Object(bare(other)), error: code(other) });
  });

  it('ends with the context, and with the runtime', async () => {
    const hang = { handler: './run.mjs#act', input: { steps: [['hang', '']] } };
    const runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
    const context = contextWith({ signal: stopped.signal });
    await runtime.execute('./run.mjs#act', {}, context);
    await runtime.execute('./run.mjs#act', {}, contexts.nothing);
    const [byContext, byRuntime] = [runtime.execute(hang, context), runtime.execute(hang, contexts.nothing)];
    stopped.abort('closed');
    expect(await byContext).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    await runtime[Symbol.asyncDispose]();
    expect(await byRuntime).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } });
    await expect(runtime.execute('./run.mjs#act', {}, contexts.nothing)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('ends a run that has taken the process its warnings, as the stages one by one do', async () => {
    const { emitWarning } = process;
    const codes = [];
    for (const runtime of [straight, ordinary]) {
      await runtime.execute('./run.mjs#act', {}, contexts.nothing);
      const result = await runtime.execute('./run.mjs#act', { steps: [['spoil', '']] }, contexts.nothing);
      process.emitWarning = emitWarning;
      Reflect.deleteProperty(Object.prototype, 'spoilt');
      codes.push(code(result));
    }

    expect(codes).toEqual(['ERR_SANDBOX_CRASHED', 'ERR_SANDBOX_CRASHED']);
  });

  it('keeps runs beyond maxConcurrency waiting, first come, first served', async () => {
    const context = contextWith({ permissions: { quotas: { maxConcurrency: 1 } } });
    await straight.execute('./run.mjs#act', {}, context);
    const order: number[] = [];
    const runs = [0, 1, 2].map(async (run) => {
      const result = await straight.execute('./run.mjs#act', { steps: [['wait', '']] }, context);
      order.push(run);
      return result.metrics.queueMs.used;
    });
    const [first, ...others] = await Promise.all(runs);

    expect(order).toEqual([0, 1, 2]);
    expect(first).toBe(0);
    expect(others.every((ms) => ms !== undefined && ms > 0)).toBe(true);
  });
});

function code(result: ExecuteResult): unknown {
  return result.ok ? undefined : result.error.code;
}
