import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createError } from '@kb-labs/contracts';
import type { SandboxPlan } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { replay } from '../src/index.js';
import type { ReplayReport } from '../src/index.js';
import { directSandbox } from './direct-sandbox.js';
import { take } from './take-snapshot.js';
import type { Taken } from './take-snapshot.js';
import { temporaryFolder } from './temporary-folder.js';

/** Runs other code against the record of a run. */
async function replayWith({ snapshot }: Taken, code: string): Promise<ReplayReport> {
  const pluginRoot = await temporaryFolder();
  await writeFile(join(pluginRoot, 'handler.mjs'), code);
  return await replay(snapshot, { pluginRoot, adapter: directSandbox() });
}

const READ = `export const handle = async ({ paths }, ctx) => {
  const texts = [];
  for (const path of paths) texts.push(await ctx.fs.readFile(path));
  return texts;
};`;

describe('a replay', () => {
  it('of the same code comes to the same outcome, and nothing of the host is asked', async () => {
    let reads = 0;
    const files = new Map<string, unknown>([
      ['a', 1n],
      ['b', new Date(5)],
    ]);
    const taken = await take({
      code: READ,
      input: { paths: ['a', 'b', 'a'] },
      host: { 'fs.readFile': (path: string) => [files.get(path), reads++] },
    });
    expect(reads).toBe(3);
    const report = await replay(taken.snapshot, { pluginRoot: taken.pluginRoot, adapter: directSandbox() });
    expect(report).toEqual({
      same: true,
      answered: 3,
      masked: 0,
      missingEnv: [],
      failedLater: undefined,
      outcome: {
        ok: true,
        value: [
          [{ $: 'bigint', value: '1' }, 0],
          [{ $: 'date', value: '1970-01-01T00:00:00.005Z' }, 1],
          [{ $: 'bigint', value: '1' }, 2],
        ],
      },
    });
    expect(reads).toBe(3);
  });

  it('takes the file of a snapshot, and answers bodies that were kept', async () => {
    const taken = await take({
      code: READ,
      input: { paths: ['x'.repeat(5000)] },
      host: { 'fs.readFile': (path: string) => path },
    });
    const report = await replay(taken.snapshot.file, { pluginRoot: taken.pluginRoot, adapter: directSandbox() });
    expect([report.same, report.answered]).toEqual([true, 1]);
  });

  it('of a failure fails in the same way, and a call that failed fails again', async () => {
    const code = `export const handle = async (_, ctx) => {
      const { code, details, hint } = await ctx.fs.readFile('x').catch((error) => error);
      throw new RangeError([code, details.path, hint].join());
    };`;
    const host = {
      'fs.readFile': () => {
        throw createError('ERR_PERMISSION_DENIED', 'no', { details: { path: 'x' }, hint: 'ask' });
      },
    };
    const { snapshot, pluginRoot } = await take({ code, host });
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({
      same: true,
      outcome: {
        ok: false,
        code: 'ERR_HANDLER_FAILED',
        error: { name: 'RangeError', message: 'ERR_PERMISSION_DENIED,x,ask' },
      },
    });
  });

  it('answers calls that are made at once by what they ask, in the order in which they were answered', async () => {
    const code = `export const handle = async ({ paths }, ctx) => {
      const seen = [];
      await Promise.all(paths.map(async (path) => { await 0; seen.push(await ctx.fs.readFile(path)); }));
      return seen;
    };`;
    const ends = new Map<string, PromiseWithResolvers<string>>();
    const host = {
      'fs.readFile': (path: string) => {
        const end = Promise.withResolvers<string>();
        ends.set(path, end);
        if (ends.size === 3) {
          // The last first.
          ends.get('c')?.resolve('c');
          void ends.get('c')?.promise.then(() => ends.get('a')?.resolve('a'));
          void ends.get('a')?.promise.then(() => ends.get('b')?.resolve('b'));
        }
        return end.promise;
      },
    };
    const taken = await take({ code, input: { paths: ['a', 'b', 'c'] }, host });
    const report = await replay(taken.snapshot, { pluginRoot: taken.pluginRoot, adapter: directSandbox() });
    expect(report).toMatchObject({
      same: true,
      outcome: { value: taken.snapshot.result.ok && taken.snapshot.result.data },
    });
    // In another order of asking as well.
    expect(await replayWith(taken, code.replace('paths.map', 'paths.toReversed().map'))).toMatchObject({ same: true });
  });

  it('goes on where a call that was answered before is not made in time', async () => {
    const taken = await take({
      code: READ,
      input: { paths: ['a', 'b'] },
      host: { 'fs.readFile': (path: string) => path },
    });
    const backwards = READ.replace('of paths', 'of paths.toReversed()');
    expect(await replayWith(taken, backwards)).toMatchObject({ same: false, divergence: { kind: 'outcome' } });
  });

  it('lets a call wait that was waiting when the run ended', async () => {
    const code = `export const handle = async (_, ctx) => {
      const first = await ctx.events.next();
      void ctx.events.next().catch(() => undefined);
      return first;
    };`;
    let events = 0;
    const host = { 'events.next': () => (events++ === 0 ? [{ subscription: 1 }] : new Promise(() => undefined)) };
    const { snapshot, pluginRoot } = await take({ code, host });
    expect(snapshot.calls).toHaveLength(1);
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({ same: true, answered: 1 });
  });
});

describe('a replay where the host has schemas of its own', () => {
  const code = 'export const handle = (input) => ({ doubled: input.n * 2 });';

  it('gives the handler what it had then, and compares what it gave back', async () => {
    const { snapshot, pluginRoot } = await take({
      code,
      input: { n: '21' },
      parseInput: () => ({ n: 21 }),
      parseOutput: () => 'something else',
    });
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({
      same: true,
      outcome: { ok: true, value: { doubled: 42 } },
      failedLater: undefined,
    });
  });

  it('knows null from nothing', async () => {
    const { snapshot, pluginRoot } = await take({
      code: 'export const handle = (input) => input;',
      input: 1,
      parseInput: () => null,
      parseOutput: () => 2,
    });
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({
      same: true,
      outcome: { value: null },
    });
  });

  it('is the same where the host refused the output, and says that this was none of the handler', async () => {
    const taken = await take({
      code,
      input: { n: 1 },
      parseOutput: () => {
        throw createError('ERR_OUTPUT_INVALID', 'the host wants more');
      },
    });
    const { snapshot, pluginRoot } = taken;
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toEqual({
      same: true,
      answered: 0,
      masked: 0,
      missingEnv: [],
      failedLater: { code: 'ERR_OUTPUT_INVALID', message: 'the host wants more', stage: 'output' },
      outcome: { ok: true, value: { doubled: 2 } },
    });
    expect(await replayWith(taken, code.replace('* 2', '* 3'))).toMatchObject({
      same: false,
      divergence: {
        kind: 'outcome',
        expected: { ok: true, value: { doubled: 2 } },
        actual: { ok: true, value: { doubled: 3 } },
      },
    });
  });

  it('refuses again what a schema of an artifact refused', async () => {
    const fit =
      "export const small = { '~standard': { validate: (n) => (n < 10 ? { value: n } : { issues: [{}] }) } };";
    const taken = await take({
      code: `${code} ${fit}`,
      input: { n: 5 },
      outputParts: [{ pointer: '/doubled', schema: './handler.mjs#small' }],
    });
    const { snapshot, pluginRoot } = taken;
    expect(snapshot.authority?.outputParts).toEqual([{ pointer: '/doubled', schema: './handler.mjs#small' }]);
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({
      same: true,
      outcome: { ok: false, code: 'ERR_OUTPUT_INVALID' },
      failedLater: undefined,
    });
    expect(await replayWith(taken, `${code} ${fit.replace('< 10', '< 11')}`)).toMatchObject({
      divergence: { kind: 'outcome', expected: { ok: false }, actual: { ok: true } },
    });
    expect(await replayWith(taken, code)).toMatchObject({ same: false });
  });
});

describe('a replay diverges', () => {
  const recorded = (): Promise<Taken> =>
    take({ code: READ, input: { paths: ['a', 'b'] }, host: { 'fs.readFile': (path: string) => path } });
  const call = (path: string): object => ({ name: 'fs.readFile', args: [path] });

  it('at the first call that has other arguments', async () => {
    expect(await replayWith(await recorded(), READ.replace('(path)', "(path + '!')"))).toEqual({
      same: false,
      answered: 0,
      masked: 0,
      missingEnv: [],
      failedLater: undefined,
      divergence: { kind: 'call', call: 0, expected: call('a'), actual: call('a!') },
    });
  });

  it('at the first call that is one too many', async () => {
    const report = await replayWith(await recorded(), READ.replace('return', "await ctx.fs.readFile('b'); return"));
    expect(report).toMatchObject({
      answered: 2,
      divergence: { kind: 'call', call: 2, expected: undefined, actual: call('b') },
    });
  });

  it('where a call is missing, also if the outcome is the same', async () => {
    const code = "export const handle = async (_, ctx) => [await ctx.fs.readFile('a'), 'b'];";
    expect(await replayWith(await recorded(), code)).toMatchObject({
      answered: 1,
      divergence: { kind: 'missing-call', call: 1, expected: call('b'), actual: { ok: true, value: ['a', 'b'] } },
    });
  });

  it('in the outcome', async () => {
    expect(await replayWith(await recorded(), READ.replace('return texts', 'return texts.join()'))).toMatchObject({
      divergence: { kind: 'outcome', expected: { ok: true, value: ['a', 'b'] }, actual: { ok: true, value: 'a,b' } },
    });
    expect(await replayWith(await recorded(), READ.replace('return texts', 'throw new Error("x")'))).toMatchObject({
      divergence: { kind: 'outcome', expected: { ok: true }, actual: { ok: false, code: 'ERR_HANDLER_FAILED' } },
    });
  });

  it('where the answer was not kept', async () => {
    const large = { 'fs.readFile': () => new Uint8Array(5000) };
    const { snapshot, pluginRoot } = await take(
      { code: READ, input: { paths: ['a'] }, host: large },
      { maxBodyBytes: 0 },
    );
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox() })).toMatchObject({
      divergence: { kind: 'not-kept', call: 0, expected: call('a') },
    });
  });

  it('before anything runs, where the files are of another plugin or lack the handler', async () => {
    const { snapshot, pluginRoot } = await recorded();
    const plans: SandboxPlan[] = [];
    const options = { pluginRoot, adapter: directSandbox(plans) };
    await writeFile(join(pluginRoot, 'plugin.json'), '{"id":"@acme/review","version":"2.0.0"}');
    expect(await replay(snapshot, options)).toMatchObject({
      divergence: { kind: 'plugin', expected: '@acme/review@1.0.0', actual: '@acme/review@2.0.0' },
    });
    expect(plans).toEqual([]);
    expect(await replay(snapshot, { ...options, anyVersion: true })).toMatchObject({ same: true });
    // A run without a manifest was of nobody in particular.
    const authority = snapshot.authority && { ...snapshot.authority, manifestDigest: undefined };
    expect(await replay({ ...snapshot, authority }, options)).toMatchObject({ same: true });
    await rm(join(pluginRoot, 'handler.mjs'));
    expect(await replay(snapshot, { ...options, anyVersion: true })).toMatchObject({
      divergence: { kind: 'plugin', expected: './handler.mjs#handle', actual: undefined },
    });
  });

  it.skipIf(process.platform === 'win32')('where the handler is a link that leads out of the plugin', async () => {
    const { snapshot, pluginRoot } = await recorded();
    const outside = await temporaryFolder();
    await mkdir(join(outside, 'inner'));
    await symlink(join(pluginRoot, 'handler.mjs'), join(outside, 'inner/handler.mjs'));
    expect(await replay(snapshot, { pluginRoot: join(outside, 'inner'), adapter: directSandbox() })).toMatchObject({
      divergence: { kind: 'plugin', expected: './handler.mjs#handle' },
    });
  });
});

describe('what a replay is given', () => {
  it('is a place of its own, and of the environment what the run had by name', async () => {
    const code = 'export const handle = (_, ctx) => ctx.env;';
    const { snapshot, pluginRoot } = await take({ code, env: { HOME: '/h', LANG: 'C' } });
    const plans: SandboxPlan[] = [];
    const env = { HOME: '/h', SECRET: 'x', toString: 'y' };
    const report = await replay(snapshot, { pluginRoot, adapter: directSandbox(plans), env });
    expect(plans.map(({ env: seen, policyDigest, limits }) => [seen, policyDigest, limits.timeoutMs])).toEqual([
      [{ HOME: '/h' }, 'replay:p', 10_000],
    ]);
    expect(report).toMatchObject({ same: false, missingEnv: ['LANG'] });
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox(), env: { ...env, LANG: 'C' } })).toMatchObject({
      same: true,
    });
  });

  it('answers a guest that asks for the environment by itself', async () => {
    const code = 'export const handle = async (_, ctx) => [ctx.env.HOME, (await ctx.env.read()).HOME];';
    const env = { HOME: '/h' };
    const { snapshot, pluginRoot } = await take({ code, env, host: { 'env.read': () => env } });
    expect(await replay(snapshot, { pluginRoot, adapter: directSandbox(), env })).toMatchObject({
      same: true,
      outcome: { value: ['/h', '/h'] },
    });
  });

  it('is masked as the record was, with the same rules', async () => {
    const redaction = { secrets: ['hunter22'] };
    const code = "export const handle = async (_, ctx) => ctx.fs.readFile('for ' + ctx.env.WHO);";
    const host = { 'fs.readFile': (path: string) => ({ path, password: 'x' }) };
    const { snapshot, pluginRoot } = await take({ code, host, env: { WHO: 'hunter22' } }, { redaction });
    const options = { pluginRoot, adapter: directSandbox(), env: { WHO: 'hunter22' } };
    expect(await replay(snapshot, { ...options, redaction })).toMatchObject({ same: true, masked: 5 });
    expect(await replay(snapshot, options)).toMatchObject({ same: false, divergence: { kind: 'call' } });
  });

  it('is refused where the run never came to its handler, or its input was not kept', async () => {
    const { snapshot, pluginRoot } = await take(
      { code: READ, input: { paths: [], pad: 'x'.repeat(5000) } },
      { maxBodyBytes: 0 },
    );
    const options = { pluginRoot, adapter: directSandbox() };
    for (const unfit of [snapshot, { ...snapshot, authority: undefined }, { ...snapshot, stages: [] }]) {
      await expect(replay(unfit, options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
    await expect(replay(snapshot, { ...options, pluginRoot: join(pluginRoot, 'none') })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('may end early: by a signal, or by a time', async () => {
    const code = 'export const handle = (input) => (input.wait ? new Promise(() => undefined) : 1);';
    const { snapshot, pluginRoot } = await take({ code, input: { wait: false } });
    const waiting = { ...snapshot, request: { ...snapshot.request, input: { wait: true } } };
    const options = { pluginRoot, adapter: directSandbox() };
    await expect(replay(waiting, { ...options, signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(await replay(waiting, { ...options, timeoutMs: 20 })).toMatchObject({ divergence: { kind: 'outcome' } });
  });

  it('does not begin where its signal has gone already', async () => {
    const { snapshot, pluginRoot } = await take({ code: 'export const handle = () => 1;' });
    const plans: SandboxPlan[] = [];
    const options = { pluginRoot, adapter: directSandbox(plans), signal: AbortSignal.abort() };
    await expect(replay(snapshot, options)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(plans).toEqual([]);
  });

  it.each([
    [{ pluginRoot: '' }, '/pluginRoot'],
    [{ adapter: {} }, '/adapter'],
    [{ env: { WHO: 1 } }, '/env/WHO'],
    [{ timeoutMs: 0 }, '/timeoutMs'],
    [{ anyVersion: 'yes' }, '/anyVersion'],
    [{ redaction: { keys: 1 } }, '/redaction/keys'],
    [{ timeout: 5 }, '/timeout'],
  ])('is refused with options that could not work: %o', async (more, pointer) => {
    const { snapshot, pluginRoot } = await take({ code: 'export const handle = () => 1;' });
    const options = { pluginRoot, adapter: directSandbox(), ...more };
    await expect(Reflect.apply(replay, undefined, [snapshot, options])).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer },
    });
  });
});
