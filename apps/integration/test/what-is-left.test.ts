import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAuditLog,
  createFolderRegistry,
  createSnapshotRecorder,
  createTraceRecorder,
  diffSnapshots,
  listSnapshots,
  loadSnapshot,
  renderTraceTree,
  replay,
  summariseAudit,
  toChromeTrace,
} from '@kb-labs/plugin-runtime';
import type { LoadedSnapshot, PluginContextOptions, TraceSpan } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

const SECRET = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

function grant(scene: Scene, more: Partial<PluginContextOptions> = {}): ReturnType<Scene['grant']> {
  return scene.grant({
    pluginRoot: pluginFolder('rooms'),
    plugin: { id: 'rooms', version: '1.0.0' },
    capabilities: ['fs.read', 'env.read'],
    permissions: { fs: { mode: 'read', allow: ['data'] }, env: { allow: ['GRANTED'] } },
    env: { GRANTED: 'a-granted-value', HOST_ONLY: 'a-value-of-the-host' },
    ...more,
  });
}

/** Runs one handler and gives back the snapshot that is left of it. */
async function snapshotOf(scene: Scene, handler: string, input: unknown): Promise<LoadedSnapshot> {
  const directory = join(scene.root, '..', 'snapshots');
  await using recorder = createSnapshotRecorder({ directory, include: 'all' });
  const { executionId } = await scene.runtime.execute(handler, input, grant(scene, { observers: [recorder] }));
  expect(await recorder.settled()).toMatchObject({ written: 1, failed: 0, dropped: 0 });
  const { snapshots } = await listSnapshots(directory);
  const found = snapshots.filter((snapshot) => snapshot.executionId === executionId);
  expect(found).toHaveLength(1);
  return loadSnapshot(found[0]?.file ?? '');
}

describe.each(hostSidePlaces)('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works)(`a snapshot${notRun}`, () => {
    it('has what is needed to look at a run again, and no secret', async () => {
      await using scene = await openScene(create());
      await writeFile(join(scene.root, 'data/hello.txt'), `token ${SECRET}`);
      const snapshot = await snapshotOf(scene, './handlers.js#leavesThings', { password: 'hunter-twenty-two' });
      const text = await readFile(snapshot.file, 'utf8');
      for (const secret of [SECRET, 'hunter-twenty-two', 'a-granted-value', 'a-value-of-the-host', 'HOST_ONLY']) {
        expect(text).not.toContain(secret);
      }
      expect((await stat(snapshot.file)).mode & 0o777).toBe(0o600);
      expect(snapshot.calls.map(({ name }) => name)).toEqual(['fs.readFile', 'fs.stat']);
      expect(snapshot.masked).toBeGreaterThan(1);
    });

    it('is replayed to the same end, without the files that the run had', async () => {
      await using scene = await openScene(create());
      const snapshot = await snapshotOf(scene, './handlers.js#leavesThings', { n: 1 });
      await writeFile(join(scene.root, 'data/hello.txt'), 'other text by now');
      const report = await replay(snapshot, { pluginRoot: pluginFolder('rooms') });
      expect(report).toMatchObject({ same: true, answered: 2, outcome: { ok: true } });
    });

    it('is replayed to the same failure', async () => {
      await using scene = await openScene(create());
      const snapshot = await snapshotOf(scene, './handlers.js#differs', { path: '../secret.txt' });
      const report = await replay(snapshot, { pluginRoot: pluginFolder('rooms'), sandbox: 'in-process' });
      expect(report).toMatchObject({ same: true, outcome: { ok: false, code: 'ERR_HANDLER_FAILED' } });
    });

    it('tells the first call in which a changed handler goes another way', async () => {
      await using scene = await openScene(create());
      const snapshot = await snapshotOf(scene, './handlers.js#differs', { path: 'data/hello.txt' });
      await writeFile(join(scene.root, 'package.json'), '{ "type": "module" }');
      const changed = `export const differs = ({ path }, ctx) => ctx.fs.readFile(path + '.bak', 'utf8');`;
      await writeFile(join(scene.root, 'handlers.js'), changed);
      expect(await replay(snapshot, { pluginRoot: scene.root })).toMatchObject({
        same: false,
        divergence: {
          kind: 'call',
          call: 0,
          expected: { name: 'fs.readFile', args: ['data/hello.txt', 'utf8'] },
          actual: { name: 'fs.readFile', args: ['data/hello.txt.bak', 'utf8'] },
        },
      });
    });

    it('is compared with another one', async () => {
      await using scene = await openScene(create());
      const one = await snapshotOf(scene, './handlers.js#differs', { path: 'data/hello.txt' });
      await writeFile(join(scene.root, 'data/hello.txt'), 'changed');
      const other = await snapshotOf(scene, './handlers.js#differs', { path: 'data/hello.txt' });
      const differences = diffSnapshots(one, other);
      expect(diffSnapshots(one, one)).toEqual([]);
      expect(JSON.stringify(differences)).toContain('changed');
    });
  });

  describe.skipIf(!works)(`a trace${notRun}`, () => {
    it('is a tree of stages, host calls and invoked runs', async () => {
      const traces = createTraceRecorder();
      await using scene = await openScene(create(), { observers: [traces] });
      const registry = createFolderRegistry({ folders: [pluginFolder('installed')] });
      const context = scene.grant({
        capabilities: ['plugin.invoke', 'fs.read'],
        permissions: { invoke: { allow: ['@test/*'] } },
        registry,
      });
      const input = { target: '@test/echo:say', input: 1 };
      const { traceId } = await scene.runtime.execute({ plugin: '@test/caller', handler: 'call', input }, context);
      const trace = traces.find(traceId);
      assert(trace !== undefined);
      const paths = (span: TraceSpan, above: string): string[] => {
        const path = `${above}/${span.kind === 'execution' ? span.pluginId : span.name}`;
        return [path, ...span.children.flatMap((child) => paths(child, path))];
      };
      const all = trace.roots.flatMap((root) => paths(root, ''));
      expect(trace.roots).toHaveLength(1);
      expect(all).toContain('/@test/caller/handler/invoke.call/@test/echo/handler');
      const text = renderTraceTree(trace);
      expect(text.indexOf('@test/caller')).toBeLessThan(text.indexOf('@test/echo'));
      const chrome = toChromeTrace(trace);
      expect(JSON.parse(JSON.stringify(chrome))).toEqual(chrome);
    });
  });

  describe.skipIf(!works)(`an audit log${notRun}`, () => {
    it('has a line for each denial, and lets nothing run that it could not keep', async () => {
      await using first = await openScene(create());
      const file = join(first.root, '..', 'audit', 'decisions.jsonl');
      await using audit = createAuditLog({ file, sampleAllows: 1 });
      await using scene = await openScene(create(), { audit, auditRequired: true });
      await scene.runtime.execute('./handlers.js#differs', { path: 'data/hello.txt' }, grant(scene));
      await scene.runtime.execute('./handlers.js#differs', { path: '../secret.txt' }, grant(scene));
      await audit.flush();
      expect(await summariseAudit(file)).toMatchObject({
        executions: 2,
        denied: 1,
        malformed: 0,
        byPlugin: { rooms: { denied: 1 } },
      });
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    });
  });
});
