import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderRegistry, createPluginContext, execute } from '../src/index.js';
import type { ExecuteResult, PluginRegistry } from '../src/index.js';
import { adapterWith } from './adapters.js';
import { inProcess, manifestWith, pluginFolder } from './plugin-folder.js';
import type { PluginFolder } from './plugin-folder.js';

const WRITE = 'export const run = async (path, ctx) => { await ctx.fs.writeFile(path, "changed"); };';

async function openFolder(): Promise<PluginFolder> {
  const wish = { capabilities: ['fs.write'], permissions: { fs: { mode: 'readWrite', allow: ['.'] } } } as const;
  const files = Object.fromEntries(
    ['writer', 'other'].flatMap((id) => [
      [`plugins/${id}/plugin.json`, JSON.stringify({ ...manifestWith(wish), id, version: '1.0.0' })],
      [`plugins/${id}/run.mjs`, WRITE],
    ]),
  );
  const linked = JSON.stringify({ ...manifestWith(), id: 'linked', version: '1.0.0' });
  const folder = await pluginFolder({ ...files, 'packages/linked/plugin.json': linked, 'data/file.txt': 'data' });
  await symlink(join(folder.root, 'packages/linked'), join(folder.root, 'plugins/linked'));
  return folder;
}

async function write(folder: PluginFolder, path: string, root = folder.root): Promise<ExecuteResult> {
  const registry = createFolderRegistry({ folders: [join(folder.root, 'plugins')] });
  const permissions = { fs: { mode: 'readWrite', allow: ['.'] } } as const;
  const context = createPluginContext({ capabilities: ['fs.write'], permissions, registry, ...inProcess, root });
  return execute({ plugin: 'writer', handler: 'run', input: path }, context);
}

describe('the code of installed plugins', () => {
  it.each(['plugins/other/run.mjs', 'plugins/new-one.json', 'packages/linked/plugin.json'])(
    'is not written by a run beside it: %s',
    async (path) => {
      await using folder = await openFolder();
      expect(await write(folder, path)).toMatchObject({
        ok: false,
        error: { error: { code: 'ERR_PERMISSION_DENIED' } },
      });
      expect(await write(folder, 'data/file.txt')).toMatchObject({ ok: true });
      expect(await readFile(join(folder.root, 'plugins/other/run.mjs'), 'utf8')).toBe(WRITE);
    },
  );

  const denied = { ok: false, error: { error: { code: 'ERR_PERMISSION_DENIED' } } };
  const places = ['in the process', 'in another place'] as const;

  function writerIn(where: (typeof places)[number], folder: PluginFolder, registry: PluginRegistry) {
    const permissions = { fs: { mode: 'readWrite', allow: ['.'] } } as const;
    const sandbox = where === 'in the process' ? 'in-process' : adapterWith({});
    const { root } = folder;
    const context = createPluginContext({
      capabilities: ['fs.write'],
      permissions,
      registry,
      ...inProcess,
      sandbox,
      root,
    });
    return (path: string) => execute({ plugin: 'writer', handler: 'run', input: path }, context);
  }

  it.each(places)('is where links lead now, %s', async (where) => {
    await using folder = await openFolder();
    const [next, link] = [join(folder.root, 'packages/next'), join(folder.root, 'plugins/linked')];
    await mkdir(next);
    const writeTo = writerIn(where, folder, createFolderRegistry({ folders: [join(folder.root, 'plugins')] }));
    expect(await writeTo('packages/next/a.txt')).toMatchObject({ ok: true });
    await symlink(next, `${link}.new`);
    await rename(`${link}.new`, link);
    expect(await writeTo('packages/next/a.txt')).toMatchObject(denied);
    expect(await writeTo('packages/linked/a.txt')).toMatchObject({ ok: true });
  });

  it.each(places)('is where a link leads that has taken the place of a folder, %s', async (where) => {
    await using folder = await openFolder();
    const [next, other] = [join(folder.root, 'packages/next'), join(folder.root, 'plugins/other')];
    await mkdir(next);
    const writeTo = writerIn(where, folder, createFolderRegistry({ folders: [join(folder.root, 'plugins')] }));
    expect(await writeTo('packages/next/a.txt')).toMatchObject({ ok: true });
    await rm(other, { recursive: true });
    await symlink(next, other);
    expect(await writeTo('packages/next/a.txt')).toMatchObject(denied);
  });

  it.each(places)('is what a registry names that adds to a list of its own, %s', async (where) => {
    await using folder = await openFolder();
    const installed = createFolderRegistry({ folders: [join(folder.root, 'plugins')] });
    const folders = [...(await installed.codeFolders())];
    const registry = { find: installed.find, codeFolders: () => Promise.resolve(folders) };
    const writeTo = writerIn(where, folder, registry);
    expect(await writeTo('data/file.txt')).toMatchObject({ ok: true });
    folders.push(join(folder.root, 'data'));
    expect(await writeTo('data/file.txt')).toMatchObject(denied);
  });

  it('leaves a root in one of its folders to be written', async () => {
    await using folder = await openFolder();
    expect(await write(folder, 'note.txt', join(folder.root, 'plugins/other'))).toMatchObject({ ok: true });
  });
});
