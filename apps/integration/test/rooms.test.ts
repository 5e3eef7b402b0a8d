import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMemoryArtifactStore } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PermissionSpec, PluginContextOptions, Presenter } from '@kb-labs/plugin-runtime';
import { describe, expect, it, vi } from 'vitest';
import { hostSidePlaces, openScene, places, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

const permissions: PermissionSpec = {
  fs: { mode: 'readWrite', allow: ['data', 'config.json'] },
  artifacts: {
    read: [{ from: 'self', paths: ['**'] }],
    write: [{ paths: ['*.txt', '*.json', '*.bin', 'streams/**'] }],
  },
  events: { produce: ['rooms.*'], consume: ['rooms.*'] },
};

function grant(scene: Scene, more: Partial<PluginContextOptions> = {}): ReturnType<Scene['grant']> {
  return scene.grant({
    pluginRoot: pluginFolder('rooms'),
    plugin: { id: 'rooms', version: '1.0.0' },
    capabilities: ['artifacts.*', 'events.*', 'analytics.*', 'presenter.*', 'config.write', 'fs.*'],
    permissions,
    ...more,
  });
}

function dataOf(result: ExecuteResult): unknown {
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.data : undefined;
}

describe.each(hostSidePlaces)('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works)(`artifacts${notRun}`, () => {
    it('come back exactly as they were written, whole or in pieces', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#writesArtifacts', {}, grant(scene));
      expect(dataOf(result)).toEqual({
        text: 'Grüße, 世界\r\n',
        json: { ä: [1, null, 'ß'] },
        bytes: new Uint8Array([0, 255, 13, 10, 128]),
        streamed: 12,
        read: 'one two drei',
        paths: ['bytes.bin', 'data.json', 'streams/long.txt', 'text.txt'],
        location: undefined,
        gone: [true, undefined],
      });
      expect(result.artifacts.map(({ path }) => path)).toEqual([
        'text.txt',
        'data.json',
        'bytes.bin',
        'streams/long.txt',
      ]);
      const file = join(scene.root, '.kb/artifacts/rooms/text.txt');
      expect(await readFile(file, 'utf8')).toBe('Grüße, 世界\r\n');
    });

    it('are guarded by conditions and rules, and a refused write leaves the good one', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#guardsArtifacts', {}, grant(scene));
      expect(dataOf(result)).toEqual({
        again: 'ERR_ARTIFACT_CONFLICT',
        stale: 'ERR_ARTIFACT_CONFLICT',
        good: 'first',
        next: 6,
        notMine: 'ERR_PERMISSION_DENIED',
        notListed: 'ERR_PERMISSION_DENIED',
        walksOut: 'ERR_ARTIFACT_PATH_INVALID',
        forbidden: 'ERR_PERMISSION_DENIED',
      });
      expect(result.denials.map(({ kind, operation, target }) => [kind, operation, target])).toEqual([
        ['artifact', 'read', 'artifact://somebody-else/once.txt'],
        ['artifact', 'list', expect.stringContaining('somebody-else')],
        ['artifact', 'write', '../out.txt'],
        ['artifact', 'write', 'private/x.txt'],
      ]);
    });

    it('can be waited for', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#waitsForArtifact', { path: 'late.txt' }, grant(scene));
      expect(dataOf(result)).toBe('late.txt');
    });

    it('are not there for a handler without the capability', async () => {
      await using scene = await openScene(create());
      const context = grant(scene, { capabilities: ['fs.read'] });
      expect(await scene.runtime.execute('./handlers.js#writesArtifacts', {}, context)).toMatchObject({
        ok: false,
        error: { code: 'ERR_HANDLER_FAILED', error: { name: 'TypeError' } },
      });
    });
  });

  describe.skipIf(!works)(`events${notRun}`, () => {
    it('come in order, with the stamps of the host', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#talksToItself', {}, grant(scene));
      const { executionId, traceId } = result;
      expect(dataOf(result)).toEqual({
        seen: [
          ...[0, 1, 2, 3, 4].map((count) => ['rooms.step', { count }]),
          ['rooms.done', { last: false }],
          ['rooms.done', { last: true }],
        ],
        topic: 'rooms.done',
        sender: { kind: 'plugin', pluginId: 'rooms', executionId, traceId },
        traceId: undefined,
      });
      expect(result.metrics.events.used).toBe(8);
    });

    it('are followed one by one, none lost within the queue', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#followsStream', {}, grant(scene));
      expect(dataOf(result)).toEqual(Array.from({ length: 100 }, (_, count) => count));
    });

    it('are refused beyond the rules, and each refusal is on the record', async () => {
      await using scene = await openScene(create());
      const result = await scene.runtime.execute('./handlers.js#refusedEvents', {}, grant(scene));
      expect(dataOf(result)).toEqual({
        publish: 'ERR_EVENT_DENIED',
        host: 'ERR_EVENT_DENIED',
        subscribe: 'ERR_EVENT_DENIED',
        scope: 'ERR_EVENT_DENIED',
        large: 'ERR_EVENT_TOO_LARGE',
        bytes: 'ERR_INVALID_ARGUMENT',
        timeout: 'ERR_EVENT_TIMEOUT',
      });
      expect(result.denials.map(({ kind, operation }) => [kind, operation])).toEqual([
        ['event', 'publish'],
        ['event', 'publish'],
        ['event', 'subscribe'],
        ['event', 'publish'],
      ]);
    });

    it('that the manifest asked for and nobody granted are told from those that it never asked for', async () => {
      await using scene = await openScene(create());
      const asks = { events: { produce: ['rooms.*', 'other.*'] } };
      const manifest = {
        schema: 'kb.plugin/1',
        id: 'rooms',
        version: '1.0.0',
        engines: { runtime: '*' },
        handlers: { say: { handler: './handlers.js#publishes' } },
        capabilities: ['events.publish'],
        permissions: asks,
      };
      const say = (topic: string): Promise<ExecuteResult> =>
        scene.runtime.execute('say', { topic, payload: 1 }, grant(scene), manifest);
      const results = [await say('rooms.said'), await say('other.said'), await say('third.said')];
      expect(results.map(({ denials }) => denials[0]?.decision)).toEqual([
        undefined,
        { allowed: false, reason: 'not-granted' },
        { allowed: false, reason: 'not-requested' },
      ]);
      const patchFor = (topic: string): object => ({ op: 'add', path: '/permissions/events/produce/-', value: topic });
      expect(results.map(({ denials }) => denials[0]?.patches ?? [])).toEqual([
        [],
        [{ document: 'grant', operations: [patchFor('other.said')] }],
        [
          { document: 'manifest', operations: [patchFor('third.said')] },
          { document: 'grant', operations: [patchFor('third.said')] },
        ],
      ]);
    });

    it('reach another plugin in the scope of the host', async () => {
      await using scene = await openScene(create());
      const rules = { produce: ['rooms.*'], consume: ['rooms.*'], scopes: ['host' as const] };
      const shared = { permissions: { events: rules } };
      const listening = Promise.withResolvers<void>();
      const observer = {
        observe: ({ type }: { readonly type: string }) => void (type === 'host-call' && listening.resolve()),
      };
      const waiting = scene.runtime.execute(
        './handlers.js#waits',
        { topic: 'rooms.*', scope: 'host' },
        grant(scene, { ...shared, plugin: { id: 'listener', version: '1.0.0' }, observers: [observer] }),
      );
      await listening.promise;
      const said = { topic: 'rooms.said', payload: { to: 'all' }, scope: 'host' };
      const sent = scene.runtime.execute('./handlers.js#publishes', said, grant(scene, shared));
      expect(await sent).toMatchObject({ ok: true });
      expect(dataOf(await waiting)).toEqual({ from: 'rooms', payload: { to: 'all' } });
    });
  });

  describe.skipIf(!works)(`analytics${notRun}`, () => {
    it('get what a handler tracks, under the id that the host knows', async () => {
      const tracked: unknown[] = [];
      const analytics = {
        forGuest: (run: { readonly pluginId: string }) => ({
          track: (name: string, attributes?: object) => void tracked.push([run.pluginId, name, attributes]),
        }),
      };
      await using scene = await openScene(create(), { analytics });
      expect(dataOf(await scene.runtime.execute('./handlers.js#tracks', {}, grant(scene)))).toBe(true);
      expect(tracked).toEqual([['rooms', 'rooms.used', { count: 2, apiKey: 'hidden', pluginId: 'forged' }]]);
    });
  });

  describe.skipIf(!works)(`a presenter${notRun}`, () => {
    it('shows what the handler has to say, and answers', async () => {
      const shown: unknown[] = [];
      const presenter: Presenter = {
        message: (...said) => void shown.push(said),
        progress: (...said) => void shown.push(said),
        json: (...said) => void shown.push(said),
        error: (...said) => void shown.push(said),
        confirm: (question) => Promise.resolve(question === 'sure?'),
      };
      await using scene = await openScene(create());
      expect(dataOf(await scene.runtime.execute('./handlers.js#presents', {}, grant(scene, { presenter })))).toBe(true);
      expect(shown).toEqual([['hello', 'success'], [{ n: 1 }], [{ message: 'bad', code: 'E1' }], ['half', 0.5]]);
    });

    it('that is not there means no', async () => {
      await using scene = await openScene(create());
      expect(dataOf(await scene.runtime.execute('./handlers.js#presents', {}, grant(scene)))).toBe(false);
    });
  });

  describe.skipIf(!works)(`a section of a configuration${notRun}`, () => {
    it('is written once', async () => {
      await using scene = await openScene(create());
      const input = { path: 'config.json' };
      const result = await scene.runtime.execute('./handlers.js#configures', input, grant(scene));
      expect(dataOf(result)).toEqual({
        first: { changed: true },
        again: { changed: false },
        merged: { changed: true },
        polluted: 'ERR_INVALID_ARGUMENT',
      });
      expect(JSON.parse(await readFile(join(scene.root, 'config.json'), 'utf8'))).toEqual({
        tools: { rooms: { on: true, list: [1] }, more: 1 },
      });
    });
  });
});

describe('the store of a context', () => {
  it('is where a handler reads and writes', async () => {
    const artifactStore = createMemoryArtifactStore();
    const [place] = places;
    assert(place !== undefined);
    await using scene = await openScene(place.create());
    await scene.runtime.execute('./handlers.js#guardsArtifacts', {}, grant(scene, { artifactStore }));
    await vi.waitFor(async () =>
      expect(await artifactStore.stat({ pluginId: 'rooms', path: 'once.txt' })).toMatchObject({ bytes: 6 }),
    );
  });
});
