import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderRegistry, createPluginContext, execute } from '../src/index.js';
import type { ExecuteResult } from '../src/index.js';
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

  it('leaves a root in one of its folders to be written', async () => {
    await using folder = await openFolder();
    expect(await write(folder, 'note.txt', join(folder.root, 'plugins/other'))).toMatchObject({ ok: true });
  });
});
