import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCapabilityRegistry, createPluginContext, createRuntime, execute } from '../../src/index.js';
import type { ExecuteResult } from '../../src/index.js';
import { inProcess, manifestWith, pluginFolder } from '../plugin-folder.js';
import type { PluginFolder } from '../plugin-folder.js';

describe('grantFunctions', () => {
  let plugin: PluginFolder;

  beforeAll(async () => {
    plugin = await pluginFolder({
      'run.mjs': `export const run = (_, ctx) => [...Object.keys(ctx), ...Object.keys(ctx.fs ?? {})].filter(
        (name) => !['signal', 'log', 'progress', 'onCleanup'].includes(name),
      ).toSorted();`,
    });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  function run(granted: readonly string[], required?: readonly string[]): Promise<ExecuteResult> {
    const permissions = { fs: { mode: 'readWrite', allow: ['.'] } } as const;
    const context = createPluginContext({ capabilities: granted, permissions, pluginRoot: plugin.root, ...inProcess });
    if (required === undefined) return execute('./run.mjs#run', {}, context);
    return execute('run', {}, context, manifestWith({ capabilities: required }));
  }

  const reading = ['glob', 'readDir', 'readFile', 'stat'];
  const writing = ['appendFile', 'copy', 'mkdir', 'remove', 'rename', 'writeFile'];

  it.each([
    ['nothing without a grant', [], undefined, []],
    ['what is granted, without a manifest', ['fs.read'], undefined, ['fs', ...reading]],
    ['a wildcard', ['fs.*'], undefined, ['fs', ...reading, ...writing]],
    ['only what the manifest requires', ['*'], ['fs.read@^1'], ['fs', ...reading]],
    ['nothing where the manifest requires nothing', ['*'], [], []],
    ['fetch and env', ['net.fetch', 'env.read'], ['net.fetch', 'env.read'], ['env', 'fetch']],
  ])('brings %s', async (_, granted, required, names) => {
    await expect(run(granted, required)).resolves.toMatchObject({ ok: true, data: names.toSorted() });
  });

  it.each([
    ['what is not granted', ['fs.read'], ['fs.read', 'net.fetch'], ['net.fetch']],
    ['a version that is not there', ['fs.read'], ['fs.read@^2'], ['fs.read@^2']],
    ['what nobody has heard of, under a wildcard', ['*'], ['acme.mail'], ['acme.mail']],
  ])('refuses to run where the manifest requires %s', async (_, granted, required, missing) => {
    await expect(run(granted, required)).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_CAPABILITY_MISSING', stage: 'capabilities', http: 403, details: { missing } },
    });
  });

  it.each([
    [['acme.mail'], 'acme.mail@^2'],
    [['acme.*'], 'acme.mail@^2'],
    [['*'], 'acme.mail'],
  ])('grants by %j what the registry of the runtime knows: %s', async (granted, required) => {
    const context = createPluginContext({ capabilities: granted, permissions: {}, pluginRoot: plugin.root });
    const manifest = manifestWith({ capabilities: [required] });
    await using knowing = createRuntime({
      ...inProcess,
      capabilityRegistry: createCapabilityRegistry({ 'acme.mail': '2.1.0' }),
    });
    await using other = createRuntime(inProcess);

    await expect(knowing.execute('run', {}, context, manifest)).resolves.toMatchObject({ ok: true, data: [] });
    await expect(other.execute('run', {}, context, manifest)).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_CAPABILITY_MISSING', details: { missing: [required] } },
    });
  });

  it('takes a manifest that requires what the registry of the runtime knows below a built-in group', async () => {
    const capabilityRegistry = createCapabilityRegistry({ 'fs.watch': '1.0.0' });
    const grant = { capabilities: ['fs.watch'], permissions: {}, capabilityRegistry };
    const context = createPluginContext({ ...grant, pluginRoot: plugin.root });
    await using knowing = createRuntime({ ...inProcess, capabilityRegistry });
    await expect(
      knowing.execute('run', {}, context, manifestWith({ capabilities: ['fs.watch'] })),
    ).resolves.toMatchObject({ ok: true, data: [] });
  });

  it.each(['__proto__', 'fs.*', 'fs.raed', 'constructor', 'FS.read'])(
    'takes no manifest that requires %s',
    async (name) => {
      await expect(run(['*'], [name])).resolves.toMatchObject({
        ok: false,
        error: { code: 'ERR_MANIFEST_INVALID', stage: 'prepare', details: { pointer: '/capabilities/0' } },
      });
    },
  );
});
