import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPluginContext, execute } from '../../src/index.js';
import type { ExecuteRequest, ExecuteResult } from '../../src/index.js';
import { inProcess, manifestWith, pluginFolder } from '../plugin-folder.js';

const FILES = {
  'run.mjs': `
    globalThis.schemaRuns = globalThis.schemaRuns ?? [];
    export const run = (input) => ({ n: input.n, seen: input });
    export const bad = () => ({ n: 'many' });
  `,
  // A Standard Schema without a library: wants a number n, and doubles it.
  'schemas.mjs': `
    const schema = (name) => ({ '~standard': { version: 1, vendor: 'test', validate: async (value) =>
      typeof value?.n === 'number'
        ? { value: { ...value, n: value.n * 2, by: [...(value.by ?? []), name] } }
        : { issues: [{ message: 'wants a number', path: ['n'] }] },
    } });
    export const input = schema('input');
    export const output = schema('output');
    export const hostile = { '~standard': { version: 1, vendor: 'test', validate: () => { throw new Error('boom'); } } };
  `,
};

async function run(request: Omit<ExecuteRequest, 'handler'> & { readonly handler?: string }): Promise<ExecuteResult> {
  await using plugin = await pluginFolder(FILES);
  const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot: plugin.root, ...inProcess });
  return await execute({ handler: './run.mjs#run', ...request }, context);
}

async function runDeclared(input: unknown, handler: string, sandbox: 'fork' | 'in-process'): Promise<ExecuteResult> {
  await using plugin = await pluginFolder(FILES);
  const places = { input: './schemas.mjs#input', output: './schemas.mjs#output' };
  const manifest = manifestWith({
    handlers: {
      run: { handler: './run.mjs#run', ...places },
      bad: { handler: './run.mjs#bad', ...places },
      hostile: { handler: './run.mjs#run', input: './schemas.mjs#hostile' },
    },
  });
  const context = createPluginContext({
    capabilities: [],
    permissions: {},
    pluginRoot: plugin.root,
    ...(sandbox === 'fork' ? {} : inProcess),
  });
  return await execute(handler, input, context, manifest);
}

describe('schemas of the host', () => {
  it('hands the parsed value on, in and out', async () => {
    const result = await run({
      input: { n: '3', extra: true },
      inputSchema: z.object({ n: z.coerce.number() }),
      outputSchema: z.object({ n: z.number().transform((n) => n + 0.5), seen: z.unknown() }),
    });

    expect(result).toMatchObject({ ok: true, data: { n: 3.5, seen: { n: 3 } } });
    expect(JSON.stringify(result)).not.toContain('extra');
  });

  it('waits for an asynchronous one', async () => {
    const inputSchema = z.object({ n: z.number().refine(async (n) => n > 1) });

    await expect(run({ input: { n: 2 }, inputSchema })).resolves.toMatchObject({ ok: true });
    await expect(run({ input: { n: 1 }, inputSchema })).resolves.toMatchObject({ ok: false });
  });

  it('refuses an input with the place and no payload', async () => {
    const result = await run({
      input: { list: [{ pin: 'hunter2' }] },
      inputSchema: z.object({ list: z.array(z.object({ pin: z.int() })) }),
    });

    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_INPUT_INVALID',
        stage: 'input',
        http: 422,
        details: { pointer: '/list/0/pin', issues: [{ pointer: '/list/0/pin', message: expect.any(String) }] },
      },
    });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('refuses an output, and names at most ten things', async () => {
    const outputSchema = z.object(
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, z.string()])),
    );
    const result = await run({ input: { n: 1 }, outputSchema });

    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_OUTPUT_INVALID', stage: 'output', http: 502, details: { pointer: '/k0' } },
    });
    expect(result.ok ? [] : result.error.details['issues']).toHaveLength(10);
  });

  it('does not wait for one that hangs when the caller gives up', async () => {
    const aborter = new AbortController();
    const inputSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate() {
          aborter.abort();
          return new Promise<never>(() => undefined);
        },
      },
    } as const;

    await expect(run({ input: 1, inputSchema, signal: aborter.signal })).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_ABORTED', stage: 'input' },
    });
  });
});

describe('schemas of the manifest', () => {
  it.each(['fork', 'in-process'] as const)('hand the parsed value on, in and out, in %s', async (sandbox) => {
    await expect(runDeclared({ n: 1 }, 'run', sandbox)).resolves.toMatchObject({
      ok: true,
      data: { n: 4, by: ['output'], seen: { n: 2, by: ['input'] } },
    });
  });

  it('run in the sandbox, and never in the host', async () => {
    Reflect.deleteProperty(globalThis, 'schemaRuns');
    await runDeclared({ n: 1 }, 'run', 'fork');

    expect(Object.hasOwn(globalThis, 'schemaRuns')).toBe(false);
  });

  it.each([
    ['input', 'run', {}, 'ERR_INPUT_INVALID'],
    ['output', 'bad', { n: 1 }, 'ERR_OUTPUT_INVALID'],
  ])('fail the stage "%s"', async (stage, handler, input, code) => {
    await expect(runDeclared(input, handler, 'fork')).resolves.toMatchObject({ ok: false, error: { code, stage } });
  });

  it('cannot hurt the host by throwing', async () => {
    const result = await runDeclared({}, 'hostile', 'fork');
    expect(result).toMatchObject({ ok: false, error: { stage: 'input' } });
  });
});
