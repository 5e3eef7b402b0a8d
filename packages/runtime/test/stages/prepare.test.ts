import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledPlugin, PluginRegistry } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../../src/index.js';
import type { ErrorEnvelope, ExecuteResult, PluginContext, PluginContextOptions } from '../../src/index.js';
import { inProcess, manifestWith, pluginFolder } from '../plugin-folder.js';
import type { PluginFolder } from '../plugin-folder.js';

// One that is disposed: the runtime of the free functions keeps processes ready for longer than these tests take.
const runtime = createRuntime();
const { execute } = runtime;
afterAll(() => runtime[Symbol.asyncDispose]());

function errorOf(result: ExecuteResult): ErrorEnvelope | undefined {
  return result.ok ? undefined : result.error;
}

describe('prepare', () => {
  let plugin: PluginFolder;
  let other: PluginFolder;

  beforeAll(async () => {
    const files = { 'run.mjs': 'export const run = (input) => `${import.meta.url.length > 0} ${input}`;' };
    plugin = await pluginFolder(files);
    other = await pluginFolder({ 'evil.mjs': 'globalThis.escaped = true; export const run = () => 1;' });
    await symlink(join(other.root, 'evil.mjs'), join(plugin.root, 'link.mjs'));
    await symlink(other.root, join(plugin.root, 'folder'));
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  function contextWith(rest: Partial<PluginContextOptions> = {}): PluginContext {
    return createPluginContext({ capabilities: [], permissions: {}, ...inProcess, pluginRoot: plugin.root, ...rest });
  }

  function registryOf(installed: InstalledPlugin | undefined): PluginRegistry {
    return { find: () => Promise.resolve(installed) };
  }

  it('says which names there are where it is handed one that is not', async () => {
    const known = errorOf(await execute('rnu', {}, contextWith(), manifestWith()));
    expect(known).toMatchObject({
      code: 'ERR_HANDLER_NOT_FOUND',
      message: 'there is no handler named "rnu": the manifest declares run',
      details: { handler: 'rnu', handlers: ['run'] },
    });
    expect(errorOf(await execute('run', {}, contextWith()))?.message).toBe(
      'there is no handler named "run": no manifest was handed in',
    );
    const inherited = errorOf(await execute('constructor', {}, contextWith(), manifestWith()));
    expect(inherited?.code).toBe('ERR_HANDLER_NOT_FOUND');
  });

  it.each([
    './link.mjs#run',
    './folder/evil.mjs#run',
    '../x.mjs#run',
    './run.mjs#constructor',
    'run',
    'constructor',
    '',
  ])('finds no handler at %j, and loads nothing', async (handler) => {
    expect(errorOf(await execute(handler, 1, contextWith()))).toMatchObject({
      code: 'ERR_HANDLER_NOT_FOUND',
      stage: 'prepare',
    });
    expect(Object.hasOwn(globalThis, 'escaped')).toBe(false);
  });

  it('finds no schema outside the plugin either', async () => {
    const manifest = manifestWith({ handlers: { run: { handler: './run.mjs#run', input: './link.mjs#run' } } });

    expect(errorOf(await execute('run', 1, contextWith(), manifest))).toMatchObject({ code: 'ERR_HANDLER_NOT_FOUND' });
    expect(Object.hasOwn(globalThis, 'escaped')).toBe(false);
  });

  it('asks for the name where a place is declared twice', async () => {
    const handlers = { one: { handler: './run.mjs#run' }, two: { handler: './run.mjs#run' } };
    const manifest = manifestWith({ handlers });

    expect(errorOf(await execute('./run.mjs#run', 1, contextWith(), manifest))?.hint).toBe(
      'say which one: use its name in the manifest',
    );
    await expect(execute('two', 1, contextWith(), manifest)).resolves.toMatchObject({ ok: true });
  });

  it('refuses a manifest of another plugin than the context is for', async () => {
    const context = contextWith({ plugin: { id: 'acme', version: '1.0.0' } });

    expect(errorOf(await execute('run', 1, context, manifestWith()))).toMatchObject({
      code: 'ERR_MANIFEST_INVALID',
      message: 'the manifest is of "test-plugin" 1.0.0, and the context is for "acme" 1.0.0',
    });
    await expect(execute('run', 1, context, manifestWith({ id: 'acme' }))).resolves.toMatchObject({ pluginId: 'acme' });
  });

  it('finds a plugin by id and range in the registry, and runs it from its own folder', async () => {
    const asked: string[][] = [];
    const registry: PluginRegistry = {
      find(id, range) {
        asked.push([id, range]);
        return Promise.resolve({ manifest: manifestWith({ id: '@acme/x' }), root: plugin.root });
      },
    };
    const request = { handler: 'run', input: 2, plugin: '@acme/x@^1.0.0' };
    const result = await execute(request, contextWith({ pluginRoot: other.root }), registry);

    expect(result).toMatchObject({ ok: true, data: 'true 2', pluginId: '@acme/x' });
    expect(asked).toEqual([['@acme/x', '^1.0.0']]);
  });

  it.each([
    ['has none', undefined, 'ERR_HANDLER_NOT_FOUND'],
    ['finds another plugin', { manifest: manifestWith({ id: 'other' }), root: '/' }, 'ERR_MANIFEST_INVALID'],
    ['finds another version', { manifest: manifestWith({ version: '2.0.0' }), root: '/' }, 'ERR_MANIFEST_INVALID'],
    ['finds a broken manifest', { manifest: manifestWith({ version: 'x' }), root: '/' }, 'ERR_MANIFEST_INVALID'],
    ['finds a folder that is gone', { manifest: manifestWith(), root: '/nowhere/at/all' }, 'ERR_CONFIG_INVALID'],
  ])('fails the run where the registry %s', async (_, installed, code) => {
    const request = { handler: 'run', input: 1, plugin: 'test-plugin@^1' };

    expect(errorOf(await execute(request, contextWith(), registryOf(installed)))).toMatchObject({
      code,
      stage: 'prepare',
    });
  });

  it('survives a registry that throws, and does not wait for one that hangs', async () => {
    const throwing: PluginRegistry = {
      find() {
        throw new Error('secret of the host');
      },
    };
    const aborter = new AbortController();
    const hanging: PluginRegistry = {
      find() {
        aborter.abort();
        return new Promise(() => undefined);
      },
    };
    const request = { handler: 'run', input: 1, plugin: 'test-plugin' };
    const failed = await execute(request, contextWith(), throwing);
    const aborted = await execute({ ...request, signal: aborter.signal }, contextWith(), hanging);

    expect([errorOf(failed)?.code, errorOf(aborted)?.code]).toEqual(['ERR_INTERNAL', 'ERR_ABORTED']);
    expect(JSON.stringify(failed)).not.toContain('secret');
  });

  describe('a handler that was found before', () => {
    const fork = { requiredConfinement: 'none' } as const;
    const say = (word: string): string => `export const run = () => ${JSON.stringify(word)};`;

    it.each<[string, (file: string) => Promise<void>]>([
      ['has gone', (file) => rm(file)],
      ['leads out of the plugin', (file) => rm(file).then(() => symlink(join(other.root, 'evil.mjs'), file))],
      ['is a folder', (file) => rm(file).then(() => mkdir(file))],
    ])('is not found any more where its file %s', async (_, change) => {
      await using own = await pluginFolder({ 'one.mjs': say('one') });
      const context = contextWith({ pluginRoot: own.root, ...fork, sandbox: 'fork' });
      expect(await execute('./one.mjs#run', 1, context)).toMatchObject({ ok: true, data: 'one' });
      await change(join(own.root, 'one.mjs'));
      expect(errorOf(await execute('./one.mjs#run', 1, context))?.code).toBe('ERR_HANDLER_NOT_FOUND');
    });

    it('is not found any more, soon after its file has gone, where processes stay, and at once in a dry run', async () => {
      await using own = await pluginFolder({ 'one.mjs': say('one') });
      const context = contextWith({ pluginRoot: own.root, ...fork, sandbox: 'fork', isolation: 'plugin' });
      expect(await execute('./one.mjs#run', 1, context)).toMatchObject({ ok: true, data: 'one' });
      await rm(join(own.root, 'one.mjs'));
      const dry = await execute({ handler: './one.mjs#run', input: 1, dryRun: true }, context);
      expect(errorOf(dry)?.code).toBe('ERR_HANDLER_NOT_FOUND');
      const found = async (): Promise<unknown> => errorOf(await execute('./one.mjs#run', 1, context))?.code;
      await expect.poll(found, { timeout: 10_000, interval: 2 }).toBe('ERR_HANDLER_NOT_FOUND');
    });

    it('is what its file holds now, and what its link leads to now', async () => {
      await using own = await pluginFolder({ 'one.mjs': say('one'), 'two.mjs': say('two') });
      await symlink('one.mjs', join(own.root, 'link.mjs'));
      const context = contextWith({ pluginRoot: own.root, ...fork, sandbox: 'fork' });
      expect(await execute('./link.mjs#run', 1, context)).toMatchObject({ data: 'one' });
      await writeFile(join(own.root, 'one.mjs'), say('changed'));
      expect(await execute('./link.mjs#run', 1, context)).toMatchObject({ data: 'changed' });
      await rm(join(own.root, 'link.mjs'));
      await symlink('two.mjs', join(own.root, 'link.mjs'));
      expect(await execute('./link.mjs#run', 1, context)).toMatchObject({ data: 'two' });
    });

    it('is not looked for again in-process, where Node loads a module once', async () => {
      await using own = await pluginFolder({ 'one.mjs': say('one') });
      const context = contextWith({ pluginRoot: own.root });
      await execute('./one.mjs#run', 1, context);
      await rm(join(own.root, 'one.mjs'));
      expect(await execute('./one.mjs#run', 1, context)).toMatchObject({ ok: true, data: 'one' });
    });

    it('has its manifest read anew where the host has changed it', async () => {
      const manifest = structuredClone(manifestWith()) as { version: string };
      const context = contextWith();
      expect(await execute('run', 1, context, manifest)).toMatchObject({ ok: true });
      manifest.version = 'none';
      expect(errorOf(await execute('run', 1, context, manifest))?.code).toBe('ERR_MANIFEST_INVALID');
    });
  });
});
