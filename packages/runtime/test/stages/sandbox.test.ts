import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime, execute, inProcessSandbox } from '../../src/index.js';
import type { ExecuteResult, ExecutionEvent, PluginContextOptions, SandboxAdapter } from '../../src/index.js';
import { adapterWith, placeWith, unchecked } from '../adapters.js';
import { pluginFolder } from '../plugin-folder.js';
import type { PluginFolder } from '../plugin-folder.js';

describe('acquireSandbox', () => {
  let plugin: PluginFolder;
  beforeAll(async () => {
    plugin = await pluginFolder({ 'run.mjs': 'export const run = (input) => input;' });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  function run(options: Partial<PluginContextOptions>): Promise<ExecuteResult> {
    const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root, ...options });
    return execute({ handler: './run.mjs#run', input: 7 }, context);
  }

  it('refuses in-process unless the host says that it wants no confinement, and says what to write', async () => {
    const result = await run({ sandbox: 'in-process' });

    expect(result).toMatchObject({
      ok: false,
      confinement: undefined,
      error: {
        code: 'ERR_CONFINEMENT_TOO_WEAK',
        stage: 'sandbox',
        details: {
          adapter: 'in-process',
          missing: CONFINEMENTS.map((confinement) => ({ confinement, needed: 'guard', offered: 'none' })),
        },
        hint: expect.stringContaining("requiredConfinement: 'none'"),
      },
    });
    await expect(run({ sandbox: 'in-process', requiredConfinement: 'none' })).resolves.toMatchObject({ ok: true });
  });

  it('leads a run the same way whether its adapter answers at once or later', async () => {
    const inner = inProcessSandbox();
    const later = adapterWith({
      confines: async () => await inner.confines(),
      acquire: async (plan) => await placeWith(plan, { [Symbol.asyncDispose]: async () => undefined }),
    });
    const told = async (sandbox: SandboxAdapter): Promise<unknown> => {
      const events: string[] = [];
      const observe = (event: ExecutionEvent): void =>
        void events.push('stage' in event ? `${event.type} ${event.stage}` : event.type);
      const options = { sandbox, requiredConfinement: 'none', observers: [{ observe }] } as const;
      const { ok, confinement, metrics, logs } = await run(options);
      const stages = metrics.stages.map(({ stage }) => stage);
      return { events, ok, confinement, stages, cold: metrics.coldStart, leaked: metrics.leaked, logs };
    };
    expect(await told(inner)).toEqual(await told(later));
  });

  it('starts nothing where the adapter is too weak', async () => {
    let acquired = 0;
    const sandbox = adapterWith({
      acquire(plan) {
        acquired += 1;
        return inProcessSandbox().acquire(plan);
      },
    });

    await expect(run({ sandbox, requiredConfinement: 'wall' })).resolves.toMatchObject({ ok: false });
    expect(acquired).toBe(0);
  });

  it('gives back a place that is weaker than its adapter claims', async () => {
    let disposed = 0;
    const strong = Object.fromEntries(CONFINEMENTS.map((name) => [name, 'wall']));
    const sandbox = adapterWith({
      confines: () => Promise.resolve(unchecked(strong)),
      acquire: (plan) =>
        placeWith(plan, {
          async [Symbol.asyncDispose]() {
            disposed += 1;
          },
        }),
    });

    await expect(run({ sandbox })).resolves.toMatchObject({ ok: false, error: { code: 'ERR_CONFINEMENT_TOO_WEAK' } });
    expect(disposed).toBe(1);
  });

  it.each([
    ['throws one of our errors', () => Promise.reject(createError('ERR_START_TIMEOUT', 'slow')), 'ERR_START_TIMEOUT'],
    ['throws anything else', () => Promise.reject(new Error('secret')), 'ERR_INTERNAL'],
    ['throws nothing', () => Promise.reject(undefined), 'ERR_INTERNAL'],
    ['gives no place', () => Promise.resolve(undefined), 'ERR_INTERNAL'],
  ])('fails the run, and not the call, where an adapter %s', async (_, acquire, code) => {
    const sandbox = adapterWith({ acquire: unchecked(acquire) });
    const result = await run({ sandbox, requiredConfinement: 'none' });

    expect(result).toMatchObject({ ok: false, error: { code, stage: 'sandbox' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it.each([
    ['an error', new TypeError('secret'), 'TypeError', []],
    ['an error of Node', Object.assign(new Error('secret'), { code: 'EAGAIN' }), 'Error', ['EAGAIN']],
    ['no error', 'secret', 'a thrown string', []],
  ])('says which adapter failed by %s, and where its words are', async (_, thrown, error, cause) => {
    const lines: string[] = [];
    await using runtime = createRuntime({
      logLevel: 'error',
      logSink: (record) => lines.push(JSON.stringify(record)),
      sandbox: adapterWith({ acquire: () => Promise.reject(thrown) }),
      requiredConfinement: 'none',
    });
    const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root });
    const result = await runtime.execute('./run.mjs#run', 7, context);

    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_INTERNAL',
        message: `the sandbox "custom" opened no place: acquire() failed with ${error}`,
        details: { adapter: 'custom', error },
        hint: expect.stringMatching(/logLevel: 'error'.* silent by default/u),
        cause,
      },
    });
    expect(JSON.stringify(result)).not.toContain('secret');
    expect(lines.join('')).toContain('secret');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a place without a report', { coldStart: true, run: () => undefined, [Symbol.asyncDispose]: () => undefined }],
  ])('says what a place must have where an adapter gives %s', async (_, place) => {
    const sandbox = adapterWith({ acquire: () => Promise.resolve(unchecked(place)) });

    expect(await run({ sandbox, requiredConfinement: 'none' })).toMatchObject({
      ok: false,
      error: {
        message: 'the sandbox "custom" opened a place that is no Sandbox',
        details: { adapter: 'custom' },
        hint: expect.stringMatching(/confinement: .*coldStart, run\(\), \[Symbol\.asyncDispose\]\(\)/u),
      },
    });
  });

  it('lets the verdict stand where closing fails', async () => {
    const sandbox = adapterWith({
      acquire: (plan) => placeWith(plan, { [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')) }),
    });

    await expect(run({ sandbox, requiredConfinement: 'none' })).resolves.toMatchObject({ ok: true, data: 7 });
  });

  it('does not dispose an adapter that a context brings', async () => {
    let disposed = false;
    const sandbox = adapterWith({
      async [Symbol.asyncDispose]() {
        disposed = true;
      },
    });
    await run({ sandbox, requiredConfinement: 'none' });

    expect(disposed).toBe(false);
  });
});
