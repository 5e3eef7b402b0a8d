import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMemoryArtifactStore } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

function run(scene: Scene, handler: string, more: Partial<PluginContextOptions>): Promise<ExecuteResult> {
  const context = scene.grant({
    pluginRoot: pluginFolder('rooms'),
    plugin: { id: 'rooms', version: '1.0.0' },
    capabilities: ['fs.*', 'artifacts.*', 'config.write', 'events.*', 'plugin.invoke'],
    permissions: {
      fs: { mode: 'readWrite', allow: ['data', 'config.json'] },
      artifacts: { read: [{ from: 'self', paths: ['**'] }], write: [{ paths: ['*', 'streams/*'] }] },
      events: { produce: ['rooms.*'], consume: ['rooms.*'], scopes: ['host'] },
    },
    ...more,
  });
  return scene.runtime.execute(`./handlers.js#${handler}`, INPUT, context);
}

const INPUT = { path: 'config.json', topic: 'rooms.said', payload: 1, scope: 'host' };

async function contents(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

describe.each(hostSidePlaces)('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works)(`a dry run${notRun}`, () => {
    it('gives the answers of a real one, and leaves every file as it was', async () => {
      await using dry = await openScene(create());
      await using real = await openScene(create());
      const before = await contents(dry.root);
      const results = [await run(dry, 'changesFiles', { dryRun: true }), await run(real, 'changesFiles', {})];
      const [one, other] = results;
      expect(one).toMatchObject({ ok: true });
      expect(one?.ok && one.data).toEqual(other?.ok && other.data);
      expect(await contents(dry.root)).toEqual(before);
      expect(await contents(real.root)).not.toEqual(before);
      const told = results.map(({ operations }) => operations.map(({ dryRun: _dryRun, ...operation }) => operation));
      expect(told[0]).toEqual(told[1]);
      expect(one?.operations.map(({ name, reversible, dryRun }) => [name, reversible, dryRun])).toEqual([
        ['fs.writeFile', true, true],
        ['fs.appendFile', true, true],
        ['fs.mkdir', true, true],
        ['fs.rename', true, true],
        ['fs.copy', true, true],
        ['fs.remove', false, true],
      ]);
    });

    it('keeps artifacts to itself', async () => {
      await using scene = await openScene(create());
      const artifactStore = createMemoryArtifactStore();
      const result = await run(scene, 'writesArtifacts', { dryRun: true, artifactStore });
      expect(result).toMatchObject({ ok: true, data: { text: 'Grüße, 世界\r\n' } });
      const kept: string[] = [];
      for await (const { uri } of artifactStore.list('rooms')) kept.push(uri);
      expect(kept).toEqual([]);
      expect(result.operations.map(({ name }) => name)).toEqual([
        'artifacts.write',
        'artifacts.write',
        'artifacts.write',
        'artifacts.closeWrite',
        'artifacts.delete',
      ]);
    });

    it('changes no configuration, and tells nobody anything', async () => {
      await using scene = await openScene(create());
      const before = await contents(scene.root);
      const configured = await run(scene, 'configures', { dryRun: true });
      const said = await run(scene, 'publishes', { dryRun: true });
      expect([configured, said]).toMatchObject([
        { ok: true, data: { first: { changed: true }, again: { changed: false } } },
        { ok: true },
      ]);
      expect(await contents(scene.root)).toEqual(before);
    });
  });
});
