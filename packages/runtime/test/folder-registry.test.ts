import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCapabilityRegistry, createFolderRegistry, createPluginContext, execute } from '../src/index.js';
import { inProcess, manifestWith, pluginFolder } from './plugin-folder.js';

function manifest(id: string, version: string): string {
  return JSON.stringify({ ...manifestWith(), id, version });
}

const RUN = 'export const run = (input) => ({ ran: input });';

describe('a folder registry', () => {
  it('finds the highest version in a range, scoped plugins as well', async () => {
    await using folder = await pluginFolder({
      'acme@1.2.0/plugin.json': manifest('acme', '1.2.0'),
      'acme@1.10.0/plugin.json': manifest('acme', '1.10.0'),
      'acme/plugin.json': manifest('acme', '2.0.0'),
      '@team/four/plugin.json': manifest('@team/four', '1.0.0'),
      'five/kb.plugin.json': manifest('five', '0.1.0'),
      'no-plugin/readme.md': '# Nothing',
      '.hidden/plugin.json': manifest('hidden', '1.0.0'),
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    const found = await Promise.all(
      [
        ['acme', '^1'],
        ['acme', '*'],
        ['acme', '^3'],
        ['@team/four', '*'],
        ['hidden', '*'],
      ].map(([id = '', range = '']) => registry.find(id, range)),
    );
    expect(found.map((plugin) => plugin?.manifest.version)).toEqual(['1.10.0', '2.0.0', undefined, '1.0.0', undefined]);
    expect(found[0]?.root).toBe(join(folder.root, 'acme@1.10.0'));
    expect((await registry.list()).map((plugin) => `${plugin.manifest.id}@${plugin.manifest.version}`)).toEqual([
      '@team/four@1.0.0',
      'acme@1.2.0',
      'acme@1.10.0',
      'acme@2.0.0',
      'five@0.1.0',
    ]);
  });

  it('refuses to look through more folders than there can be plugins', async () => {
    await using folder = await pluginFolder({});
    const names = Array.from({ length: 10_001 }, (_, n) => join(folder.root, `d${n}`));
    await Promise.all(names.map((name) => mkdir(name)));
    await expect(createFolderRegistry({ folders: [folder.root] }).list()).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer: '/folders', found: 10_001, limit: 10_000 },
    });
  });

  it('leaves out what is no manifest, and says why', async () => {
    await using folder = await pluginFolder({
      'broken/plugin.json': '{',
      'wrong/plugin.json': JSON.stringify({ ...manifestWith(), hanlders: {} }),
      'large/plugin.json': ' '.repeat(1024 * 1024 + 1),
      'good/plugin.json': manifest('good', '1.0.0'),
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    expect((await registry.list()).map((plugin) => plugin.manifest.id)).toEqual(['good']);
    expect(await registry.problems()).toEqual(
      ['broken', 'large', 'wrong'].map((name) => ({
        folder: join(folder.root, name),
        error: expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }),
      })),
    );
  });

  it('takes what the registry of capabilities knows', async () => {
    const own = { ...manifestWith({ capabilities: ['fs.watch'] }), id: 'acme' };
    await using folder = await pluginFolder({ 'acme/plugin.json': JSON.stringify(own) });
    const folders = [folder.root];
    const capabilityRegistry = createCapabilityRegistry({ 'fs.watch': '1.0.0' });
    expect(await createFolderRegistry({ folders, capabilityRegistry }).list()).toHaveLength(1);
    await expect(createFolderRegistry({ folders }).find('acme', '*')).rejects.toMatchObject({
      code: 'ERR_MANIFEST_INVALID',
      details: { pointer: '/capabilities/0' },
    });
  });

  it('says what is wrong with a plugin that is there and cannot be used', async () => {
    await using folder = await pluginFolder({
      '@acme/broken/plugin.json': '{ "versio": "1" }',
      'halved@1.0.0/plugin.json': '{',
      'halved/plugin.json': manifest('halved', '2.0.0'),
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    await expect(registry.find('@acme/broken', '*')).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
    await expect(registry.find('halved', '^1')).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
    await expect(registry.find('halved', '*')).resolves.toMatchObject({ manifest: { version: '2.0.0' } });
    await expect(registry.find('nobody', '*')).resolves.toBeUndefined();
  });

  it('takes the first of two equal versions, and follows a link that was installed', async () => {
    await using folder = await pluginFolder({
      'a/acme/plugin.json': manifest('acme', '1.0.0'),
      'b/acme@1.0.0/plugin.json': manifest('acme', '1.0.0'),
      'store/linked/plugin.json': manifest('linked', '1.0.0'),
    });
    await symlink(join(folder.root, 'store/linked'), join(folder.root, 'b/linked'));
    const registry = createFolderRegistry({ folders: [join(folder.root, 'a'), join(folder.root, 'b')] });
    expect((await registry.find('acme', '*'))?.root).toBe(join(folder.root, 'a/acme'));
    expect((await registry.find('linked', '*'))?.manifest.id).toBe('linked');
  });

  it('takes a version before its release only where the range names one, or there is no other', async () => {
    await using folder = await pluginFolder({
      'acme@1.9.0/plugin.json': manifest('acme', '1.9.0'),
      'acme/plugin.json': manifest('acme', '2.0.0-rc.1'),
      'young/plugin.json': manifest('young', '0.1.0-alpha'),
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    const versions = await Promise.all(
      [
        ['acme', '*'],
        ['acme', '>=1'],
        ['acme', '^2.0.0-rc.0'],
        ['young', '*'],
        ['young', '^0.1.0'],
      ].map(async ([id = '', range = '']) => (await registry.find(id, range))?.manifest.version),
    );
    expect(versions).toEqual(['1.9.0', '1.9.0', '2.0.0-rc.1', '0.1.0-alpha', undefined]);
  });

  it('takes no manifest for another plugin than its folder says', async () => {
    await using folder = await pluginFolder({
      'evil/plugin.json': manifest('@acme/signer', '999.0.0'),
      '@evil/signer/plugin.json': manifest('@acme/signer', '999.0.0'),
      'signer/plugin.json': manifest('@acme/signer', '999.0.0'),
      '@acme/signer@1.0.0/plugin.json': manifest('@acme/signer', '999.0.0'),
      '@acme/signer/plugin.json': manifest('@acme/signer', '1.0.0'),
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    expect((await registry.list()).map(({ root }) => root)).toEqual([join(folder.root, '@acme/signer')]);
    expect((await registry.find('@acme/signer', '*'))?.manifest.version).toBe('1.0.0');
    expect(await registry.problems()).toHaveLength(4);
  });

  it('looks again when it is told to', async () => {
    await using folder = await pluginFolder({ 'acme/plugin.json': manifest('acme', '1.0.0') });
    const registry = createFolderRegistry({ folders: [folder.root] });
    await registry.list();
    await mkdir(join(folder.root, 'acme@1.1.0'));
    await writeFile(join(folder.root, 'acme@1.1.0/plugin.json'), manifest('acme', '1.1.0'));
    expect((await registry.find('acme', '*'))?.manifest.version).toBe('1.0.0');
    await registry.refresh();
    expect((await registry.find('acme', '*'))?.manifest.version).toBe('1.1.0');
  });

  it('recovers once a folder that was missing is there', async () => {
    await using folder = await pluginFolder({ 'here/acme/plugin.json': manifest('acme', '1.0.0') });
    const registry = createFolderRegistry({ folders: [join(folder.root, 'there')] });
    await expect(registry.list()).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { pointer: '/folders' },
    });
    await rename(join(folder.root, 'here'), join(folder.root, 'there'));
    await expect(registry.list()).resolves.toHaveLength(1);
  });

  it.each([[{}], [{ folders: [] }], [{ folders: [''] }], [{ folders: ['x'], folder: 'y' }]])(
    'refuses the options %j',
    (options) => {
      expect(() => createFolderRegistry(options as { folders: string[] })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
    },
  );

  it('serves a request that names a plugin, from the context as well', async () => {
    await using folder = await pluginFolder({
      'acme/plugin.json': manifest('acme', '1.0.0'),
      'acme/run.mjs': RUN,
    });
    const registry = createFolderRegistry({ folders: [folder.root] });
    const context = createPluginContext({ capabilities: [], permissions: {}, registry, ...inProcess });
    expect(await execute({ plugin: 'acme@^1', handler: 'run', input: 1 }, context)).toMatchObject({
      ok: true,
      data: { ran: 1 },
      pluginId: 'acme',
    });
    await rm(join(folder.root, 'acme'), { recursive: true });
  });
});
