import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryArtifactStore, createPluginContext, writeArtifact } from '../../src/index.js';
import type { PluginContext } from '../../src/index.js';
import { pluginFolder } from '../plugin-folder.js';

describe('writeArtifact', () => {
  it('is one line', async () => {
    await using folder = await pluginFolder({});
    const context = createPluginContext({ capabilities: [], permissions: {}, root: folder.root });
    const info = await writeArtifact(context, '# Grüße');
    expect(info.uri).toMatch(/^artifact:\/\/anonymous\/.+\.txt$/u);
    expect(await readFile(info.location, 'utf8')).toBe('# Grüße');
    expect(info.location.startsWith(join(folder.root, '.kb/artifacts'))).toBe(true);
  });

  it('belongs to the plugin of the context, and goes to its store', async () => {
    const artifactStore = createMemoryArtifactStore();
    const plugin = { id: '@acme/review', version: '1.0.0' };
    const context = createPluginContext({ capabilities: [], permissions: {}, plugin, artifactStore });
    const written = await writeArtifact(context, { n: 1 }, { path: 'a/b.json', version: '1.0.0', ifNoneMatch: '*' });
    expect(await artifactStore.stat({ pluginId: '@acme/review', path: 'a/b.json' })).toEqual(written);
    expect(written).toMatchObject({ contentType: 'application/json', version: '1.0.0' });
    await expect(writeArtifact(context, 'x', { path: 'a/b.json', ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'ERR_ARTIFACT_CONFLICT',
    });
  });

  it('keeps nothing in a dry run', async () => {
    await using folder = await pluginFolder({});
    const context = createPluginContext({ capabilities: [], permissions: {}, root: folder.root, dryRun: true });
    expect(await writeArtifact(context, new Uint8Array(3), { path: 'x.bin' })).toMatchObject({ bytes: 3 });
    expect(existsSync(join(folder.root, '.kb'))).toBe(false);
  });

  it('refuses what only looks like a context', async () => {
    await expect(writeArtifact({ root: '/' } as unknown as PluginContext, 'x')).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });
});
