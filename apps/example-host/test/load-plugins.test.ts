import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { loadPlugins } from '../src/load-plugins.js';
import { appFolder } from './demo-process.js';
import { makeFolder } from './fixture-folder.js';

const NAMES = ['code-review', 'dependency-report', 'hostile', 'link-check', 'release-digest', 'tidy'];

describe('loading plugins', () => {
  it('finds those of the demo in the order of their names, each with its own folder', async () => {
    const directory = join(appFolder, 'plugins');
    const { plugins, problems, registry } = await loadPlugins(directory);
    expect(plugins.map(({ manifest, root }) => [manifest.id, root])).toEqual(
      NAMES.map((name) => [name, join(directory, name)]),
    );
    expect(problems).toEqual([]);
    expect((await registry.find('hostile', '*'))?.manifest.id).toBe('hostile');
    expect(await registry.find('toString', '*')).toBeUndefined();
  });

  it.each(NAMES)('%s runs on this and later versions of the runtime', async (name) => {
    const manifest: unknown = JSON.parse(await readFile(join(appFolder, 'plugins', name, 'plugin.json'), 'utf8'));
    for (const runtimeVersion of ['0.1.0', '0.2.0', '1.0.0']) {
      expect(() => parseManifest(manifest, { runtimeVersion })).not.toThrow();
    }
  });

  it.each([
    ['{ "schema": "kb.plugin/1" }', /invalid at \/id/u],
    ['{ "schema": ', /JSON/u],
  ])('tells what is wrong with %s, and does not stop for it', async (manifest, problem) => {
    const folder = await makeFolder({ 'bad/plugin.json': manifest, 'none/readme.txt': '', 'file.txt': '' });
    expect(await loadPlugins(folder)).toMatchObject({
      plugins: [],
      problems: [{ folder: 'bad', problem: expect.stringMatching(problem) }],
    });
  });

  it('refuses a folder without plugins', async () => {
    await expect(loadPlugins(await makeFolder({ 'file.txt': '' }))).rejects.toThrow('There is no plugin in');
  });
});
