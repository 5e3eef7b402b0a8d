import { workerSandbox } from '@kb-labs/sandbox-worker';
import type { WorkerSandboxOptions } from '@kb-labs/sandbox-worker';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, makePlugin, planFor, runBody, runOnce, valueOf } from './worker-scene.js';

const adapter = workerSandbox();
afterAll(() => adapter[Symbol.asyncDispose]());

describe('the options of a worker sandbox', () => {
  it.each<[string, object, string]>([
    ['one that is not known', { wall: 'required' }, 'workerSandbox has no option "wall"'],
    ['a text for a list', { codeRoots: '/srv' }, 'no array of absolute paths'],
    ['a relative path', { codeRoots: ['srv'] }, 'no array of absolute paths'],
    ['a number', { codeRoots: [1] }, 'no array of absolute paths'],
  ])('refuse %s', (_, options, message) => {
    expect(() => workerSandbox(options as WorkerSandboxOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('refuse a folder that is not there when a place is opened', async () => {
    await expect(adapter.acquire(planFor('/not/there'))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('let code of another folder be loaded, and of no third', async () => {
    using shared = makePlugin({ 'words.mjs': 'export const word = 1;' });
    using other = makePlugin({ 'words.mjs': 'export const word = 2;' });
    await using wide = workerSandbox({ codeRoots: [shared.root] });
    const load = (root: string): string => `return (await import(${JSON.stringify(join(root, 'words.mjs'))})).word;`;
    expect(valueOf(await runBody(wide, load(shared.root)))).toBe(1);
    expect(codeOf(await runBody(wide, load(other.root)))).toBe('ERR_HANDLER_FAILED');
    expect(codeOf(await runBody(adapter, load(shared.root)))).toBe('ERR_HANDLER_FAILED');
  });
});

describe('the lines of a handler', () => {
  it.each([
    ['process.exit(4)', { ok: false, error: { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 4 } } }],
    ['return 4', { ok: true, value: 4 }],
  ])('are there to the last one, however many it wrote in one turn: %s', async (last, told) => {
    const lines = Array.from({ length: 1_500 }, (_, line) => String(line));
    const body = `for (let line = 0; line < ${lines.length}; line += 1) ctx.log.info(String(line)); ${last}`;
    const { outcome, notes } = await runBody(adapter, body);
    expect(outcome).toMatchObject(told);
    expect(notes.map((note) => (note.kind === 'log' && note.source === 'log' ? note.text : note))).toEqual(lines);
  });
});

describe('the modules of a plugin', () => {
  it('are CommonJS, JSON and ES modules of its own folder, those that a link leads to only if they lie in it', async () => {
    using plugin = makePlugin({
      'main.mjs': `
        import { createRequire } from 'node:module';
        import data from './data.json' with { type: 'json' };
        export async function handle() {
          const require = createRequire(import.meta.url);
          const tries = { common: () => require('./common.cjs'), inside: () => require('./inside.cjs'), outside: () => require('./outside.cjs'),
            sibling: () => require('./pack-sibling/words.cjs') };
          const seen = { data };
          for (const [name, load] of Object.entries(tries)) { try { seen[name] = load(); } catch (error) { seen[name] = error.code; } }
          return seen;
        }`,
      'data.json': '{"a":1}',
      'common.cjs': 'module.exports = 2;',
    });
    using secret = makePlugin({ 'secret.cjs': 'module.exports = "of somebody else";' });
    symlinkSync(join(plugin.root, 'common.cjs'), join(plugin.root, 'inside.cjs'));
    symlinkSync(join(secret.root, 'secret.cjs'), join(plugin.root, 'outside.cjs'));
    mkdirSync(join(plugin.root, 'pack-sibling'));
    writeFileSync(join(plugin.root, 'pack-sibling/words.cjs'), 'module.exports = 3;');
    expect(valueOf(await runOnce(adapter, plugin.root))).toEqual({
      data: { a: 1 },
      common: 2,
      inside: 2,
      outside: 'ERR_ACCESS_DENIED',
      sibling: 3,
    });
  });

  it('do not lie in a folder whose name begins alike', async () => {
    using outer = makePlugin({});
    for (const name of ['pack', 'pack-sibling']) mkdirSync(join(outer.root, name));
    writeFileSync(join(outer.root, 'pack-sibling/words.mjs'), 'export const word = 1;');
    writeFileSync(
      join(outer.root, 'pack/main.mjs'),
      "export const handle = async () => (await import('../pack-sibling/words.mjs')).word;",
    );
    expect(codeOf(await runOnce(adapter, join(outer.root, 'pack')))).toBe('ERR_HANDLER_FAILED');
  });
});

describe('a thread', () => {
  it('says how each thing is kept, and calls nothing a wall', async () => {
    using plugin = makePlugin({ 'main.mjs': '' });
    await using place = await adapter.acquire(planFor(plugin.root));
    expect(Object.values(place.confinement.firmness)).toEqual(Array.from({ length: 8 }, () => 'guard'));
    expect(await adapter.confines()).toEqual(place.confinement.firmness);
    expect(Object.values(place.confinement.by).filter((text) => text.length < 10)).toEqual([]);
  });

  it('has nothing of its host but what it was given', async () => {
    process.env['KB_TEST_SECRET'] = 'of the host';
    const body = `return { env: { ...process.env }, arguments: process.argv.slice(2), execArgv: process.execArgv, report: typeof process.report };`;
    const given = { env: { GIVEN: '1', NODE_OPTIONS: '--require /not/there.cjs' } };
    expect(valueOf(await runBody(adapter, body, given))).toEqual({
      env: given.env,
      arguments: [],
      execArgv: [],
      report: 'undefined',
    });
    delete process.env['KB_TEST_SECRET'];
  });

  it('has its words passed on in order, warnings of Node and raw ones as well', async () => {
    const body = `
      console.log('a %d', 1); process.stdout.write('b\\n'); console.error('c'); ctx.log.info('d'); process._rawDebug('e');
      process.emitWarning('f'); await new Promise((resolve) => setTimeout(resolve, 20)); return 1;`;
    const { outcome, notes } = await runBody(adapter, body);
    expect(outcome.ok).toBe(true);
    const texts = notes.flatMap((note) => (note.kind === 'log' ? [`${note.source}: ${note.text}`] : []));
    expect(texts).toEqual([
      'console: a 1',
      'stdout: b',
      'console: c',
      'log: d',
      'stderr: e',
      expect.stringContaining('Warning: f'),
    ]);
  });

  it('that is idle can be disposed of, once or twice', async () => {
    using plugin = makePlugin({ 'main.mjs': '' });
    const other = workerSandbox();
    const place = await other.acquire(planFor(plugin.root));
    await other[Symbol.asyncDispose]();
    await expect(place[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  it('is not opened by a sandbox that was disposed of, nor left behind by one that is', async () => {
    using plugin = makePlugin({ 'main.mjs': '' });
    const other = workerSandbox();
    const asked = Promise.allSettled([other.acquire(planFor(plugin.root))]);
    await other[Symbol.asyncDispose]();
    expect(await asked).toMatchObject([{ status: 'rejected', reason: { code: 'ERR_ABORTED' } }]);
    await expect(other.acquire(planFor(plugin.root))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the worker sandbox has been disposed',
    });
  });
});
