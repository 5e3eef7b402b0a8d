import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactDeclaration, ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryArtifactStore, createPluginContext, createRuntime, execute } from '../../src/index.js';
import type { ExecuteResult, PluginContextOptions } from '../../src/index.js';
import { inProcess, manifestWith, pluginFolder } from '../plugin-folder.js';

const RUN =
  'export const run = (input) => { globalThis.artifactRuns = (globalThis.artifactRuns ?? 0) + 1; return input; };';

async function run(
  root: string,
  artifacts: readonly ArtifactDeclaration[],
  rest: Partial<PluginContextOptions> = {},
): Promise<ExecuteResult> {
  const context = createPluginContext({
    capabilities: [],
    permissions: {},
    root,
    pluginRoot: root,
    ...inProcess,
    ...rest,
  });
  return execute('run', { report: '# Done', n: 1 }, context, manifestWith({ artifacts }));
}

const report = { name: 'report', pathTemplate: 'reports/{runId}.md', from: '/report' };

describe('artifacts', () => {
  it('writes what the manifest declares, lists it, and tells the observers', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });
    const told: string[] = [];
    const observe = (event: ExecutionEvent): void => void (event.type === 'artifact' && told.push(event.artifact.uri));
    const result = await run(plugin.root, [report], { observers: [{ observe }] });
    const path = `reports/${result.executionId}.md`;

    expect(result).toMatchObject({ ok: true, metrics: { artifacts: { used: 1 }, artifactBytes: { used: 6 } } });
    expect(result.artifacts).toEqual([expect.objectContaining({ pluginId: 'test-plugin', path, bytes: 6 })]);
    expect(told).toEqual(result.artifacts.map((artifact) => artifact.uri));
    const [stored] = result.artifacts;
    expect(stored?.location.startsWith(join(plugin.root, '.kb', 'artifacts'))).toBe(true);
    await expect(readFile(stored?.location ?? '', 'utf8')).resolves.toBe('# Done');
  });

  it('touches no disk where there is nothing to write', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });
    const result = await run(plugin.root, [{ ...report, from: '/none', optional: true }]);

    expect([result.ok, result.artifacts, existsSync(join(plugin.root, '.kb'))]).toEqual([true, [], false]);
  });

  it('fills in the placeholders', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });
    const artifactStore = createMemoryArtifactStore();
    const pathTemplate = '{pluginId}/{profile}/{team}/{date}/{ts}.json';
    const result = await run(plugin.root, [{ name: 'all', pathTemplate }], {
      artifactStore,
      profile: 'nightly',
      templateVariables: { team: 'red' },
    });

    expect(result.artifacts[0]?.path).toMatch(/^test-plugin\/nightly\/red\/\d{4}-\d\d-\d\d\/\d{8}T\d{9}Z\.json$/u);
    await expect(
      artifactStore.stat({ pluginId: 'test-plugin', path: result.artifacts[0]?.path ?? '' }),
    ).resolves.toEqual(result.artifacts[0]);
  });

  it('prefers the store of the context to that of the runtime', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });
    const [ofRuntime, ofContext] = [createMemoryArtifactStore(), createMemoryArtifactStore()];
    await using runtime = createRuntime({ ...inProcess, artifactStore: ofRuntime });
    const options = { capabilities: [], permissions: {}, root: plugin.root, pluginRoot: plugin.root };
    const manifest = manifestWith({ artifacts: [{ name: 'x', pathTemplate: 'x.json' }] });
    const key = { pluginId: 'test-plugin', path: 'x.json' };

    await runtime.execute('run', {}, createPluginContext({ ...options, artifactStore: ofContext }), manifest);
    expect([await ofRuntime.stat(key), (await ofContext.stat(key))?.path]).toEqual([undefined, 'x.json']);
    await runtime.execute('run', {}, createPluginContext(options), manifest);
    expect((await ofRuntime.stat(key))?.path).toBe('x.json');
  });

  it.each(['{nothing}.md', '../up.md', '/abs.md', 'a/{profile', 'CON/\\x'])(
    'refuses the path %s before the handler runs',
    async (pathTemplate) => {
      await using plugin = await pluginFolder({ 'run.mjs': RUN });
      Reflect.deleteProperty(globalThis, 'artifactRuns');

      await expect(run(plugin.root, [{ ...report, pathTemplate }])).resolves.toMatchObject({
        ok: false,
        error: {
          code: 'ERR_MANIFEST_INVALID',
          stage: 'prepare',
          details: { pointer: '/artifacts/0/pathTemplate' },
        },
      });
      expect(Object.hasOwn(globalThis, 'artifactRuns')).toBe(false);
    },
  );

  it.each([
    ['a part is missing', { from: '/none' }, 'ERR_OUTPUT_INVALID'],
    ['it is too large', { maxBytes: 3 }, 'ERR_ARTIFACT_TOO_LARGE'],
  ])('fails the run where %s, and keeps the receipt', async (_, rest, code) => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });

    await expect(run(plugin.root, [{ ...report, ...rest }])).resolves.toMatchObject({
      ok: false,
      error: { code, stage: 'artifacts' },
      artifacts: [],
      metrics: { resultBytes: { used: expect.any(Number) } },
    });
  });

  it('holds artifacts to their quota', async () => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });

    await expect(
      run(plugin.root, [report], { permissions: { quotas: { maxArtifactBytes: 5 } } }),
    ).resolves.toMatchObject({ ok: false, error: { code: 'ERR_QUOTA_EXCEEDED', stage: 'artifacts' } });
  });

  it.each(['.kb', '.kb/artifacts'])('writes nothing where a checkout brought a link as %s', async (name) => {
    await using plugin = await pluginFolder({ 'run.mjs': RUN });
    await using elsewhere = await pluginFolder({});
    await mkdir(dirname(join(plugin.root, name)), { recursive: true });
    await symlink(elsewhere.root, join(plugin.root, name));

    await expect(run(plugin.root, [report])).resolves.toMatchObject({
      ok: false,
      error: { code: 'ERR_PERMISSION_DENIED', stage: 'artifacts' },
      artifacts: [],
    });
    await expect(readdir(elsewhere.root)).resolves.toEqual([]);
  });
});
