import { realpathSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createCapabilityRegistry, createPluginContext } from '../src/index.js';
import type { PluginContextOptions } from '../src/index.js';
import { pluginFolder } from './plugin-folder.js';

const minimal = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['.'] } } } as const;

describe('createPluginContext', () => {
  it('works with the two fields alone', () => {
    const context = createPluginContext(minimal);

    expect({ ...context }).toEqual({
      capabilities: ['fs.read'],
      permissions: minimal.permissions,
      root: realpathSync(process.cwd()),
      pluginRoot: realpathSync(process.cwd()),
      plugin: undefined,
    });
  });

  it('is frozen all the way down, and a copy', () => {
    const allow = ['src'];
    const context = createPluginContext({ capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow } } });
    allow.push('.');

    expect(context.permissions.fs?.allow).toEqual(['src']);
    const parts = [context, context.capabilities, context.permissions, context.permissions.fs?.allow];
    expect(parts.every(Object.isFrozen)).toBe(true);
  });

  it('refuses options that throw when they are read as all others, with what they threw as the cause', () => {
    const cause = new Error('no');
    const throwing = {
      get team(): string {
        throw cause;
      },
    };
    expect(() => createPluginContext({ ...minimal, templateVariables: throwing })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: '' }, cause }),
    );
  });

  it('keeps the variables out of every log of it', () => {
    const context = createPluginContext({ ...minimal, env: { TOKEN: 'hunter2', UNSET: undefined } });

    expect(inspect(context, { depth: 10, showHidden: true }) + JSON.stringify(context)).not.toContain('hunter2');
  });

  it('picks from process.env itself, whose prototype is none of ours', () => {
    // Also where something has put a plain copy in place of it, as test runners do.
    const env: NodeJS.ProcessEnv = Object.assign(Object.create({ constructor: () => undefined }), process.env);

    expect(() => createPluginContext({ ...minimal, env: process.env })).not.toThrow();
    expect(() => createPluginContext({ ...minimal, env })).not.toThrow();
  });

  it('takes the real path of a folder', async () => {
    await using folder = await pluginFolder({});
    await mkdir(join(folder.root, 'real'));
    await symlink('real', join(folder.root, 'link'));

    expect(createPluginContext({ ...minimal, root: join(folder.root, 'link') }).root).toBe(join(folder.root, 'real'));
  });

  it.each(['root', 'pluginRoot'])('refuses a %s that is no folder', async (option) => {
    await using folder = await pluginFolder({});
    await writeFile(join(folder.root, 'file'), '');

    for (const name of ['missing', 'file']) {
      expect(() => createPluginContext({ ...minimal, [option]: join(folder.root, name) })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: `/${option}` } }),
      );
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['/permission', { permission: {} }],
    ['/capabilities', { capabilities: undefined }],
    ['/capabilities', { capabilities: 'fs.read' }],
    ['/permissions/fs/alow', { permissions: { fs: { mode: 'read', alow: ['.'] } } }],
    ['/capabilities/1', { capabilities: ['acme.*', 'fs.raed'] }],
    ['/capabilities/0', { capabilities: ['fs.x*'] }],
    ['/capabilities/0', { capabilities: ['fs.read.*'] }],
    ['/capabilities', { capabilities: ['*', 'fs.read'] }],
    ['/callees/@acme~1x/capabilities/0', { callees: { '@acme/x': { capabilities: ['net.get'], permissions: {} } } }],
    ['/capabilityRegistry', { capabilityRegistry: { versionOf: () => '1.0.0' } }],
    ['/sandbox', { sandbox: 'forks' }],
    ['/sandbox', { sandbox: { name: 'half an adapter' } }],
    ['/isolation', { sandbox: 'in-process', isolation: 'plugin' }],
    ['/requiredConfinement', { requiredConfinement: 'hard' }],
    ['/requiredConfinement', { requiredConfinement: { disk: 'wall' } }],
    ['/observers/0', { observers: [() => undefined] }],
    ['/artifactStore', { artifactStore: {} }],
    ['/plugin/version', { plugin: { id: 'x', version: 'one' } }],
    ['/templateVariables/runId', { templateVariables: { runId: 'x' } }],
    ['/signal', { signal: new AbortController() }],
    ['/env/A', { env: { A: 1 } }],
  ])('refuses what is wrong at %s', (pointer, wrong) => {
    const options: unknown = { ...minimal, ...wrong };

    expect(() => createPluginContext(options as PluginContextOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ pointer }) }),
    );
  });

  it.each([
    ['quickjs', 'use quickjsSandbox() of @kb-labs/sandbox-quickjs'],
    ['worker', 'use workerSandbox() of @kb-labs/sandbox-worker'],
    ['forks', 'use "fork", "in-process" or a SandboxAdapter'],
  ])('says which sandbox is meant by %j', (sandbox, message) => {
    const options: unknown = { ...minimal, sandbox };

    expect(() => createPluginContext(options as PluginContextOptions)).toThrow(
      `the context is invalid at /sandbox: ${message}`,
    );
  });

  it('says what to write where no permissions are given', () => {
    const options: unknown = { capabilities: [] };

    expect(() => createPluginContext(options as PluginContextOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: 'the context is invalid at /permissions: write what is granted, or {} where nothing is',
      }),
    );
  });

  it('leaves it to the runtime which capabilities there are', () => {
    const capabilities = ['acme.mail@2.1.0', 'acme.*'];
    expect(createPluginContext({ ...minimal, capabilities }).capabilities).toEqual(capabilities);
  });

  it('says which capability a misspelt grant was meant to be, unless the registry knows it', () => {
    const capabilities = ['fs.read', 'fs.watch', 'fs.*'];
    const capabilityRegistry = createCapabilityRegistry({ 'fs.watch': '1.0.0' });
    const callees = { other: { capabilities, permissions: {} } };
    expect(createPluginContext({ ...minimal, capabilities, callees, capabilityRegistry })).toMatchObject({
      capabilities,
    });
    expect(() => createPluginContext({ ...minimal, capabilities: ['fs.read', 'fs.wirte'] })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: 'the context is invalid at /capabilities/1: there is no capability fs.wirte; did you mean fs.write?',
      }),
    );
  });

  it.each(['__proto__', 'FS.read', 'fs.', '*x', ''])('refuses to grant the capability %j', (name) => {
    expect(() => createPluginContext({ ...minimal, capabilities: [name] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
