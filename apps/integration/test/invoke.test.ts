import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolderRegistry } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, openScene, pluginFolder } from './scene.js';
import type { Scene } from './scene.js';

const registry = createFolderRegistry({ folders: [pluginFolder('installed')] });

async function ask(scene: Scene, request: Call): Promise<ExecuteResult> {
  await mkdir(join(scene.root, 'other'), { recursive: true });
  await writeFile(join(scene.root, 'other/file.txt'), 'of the callee');
  const context = scene.grant({
    capabilities: ['plugin.invoke', 'fs.read'],
    permissions: { fs: { mode: 'read', allow: ['.'] }, invoke: { allow: ['@test/*'] } },
    registry,
    ...request.context,
  });
  const { plugin = '@test/caller', handler = 'call', input } = request;
  return scene.runtime.execute({ plugin, handler, input }, context);
}

interface Call {
  readonly plugin?: string;
  readonly handler?: string;
  readonly input: unknown;
  readonly context?: Partial<PluginContextOptions>;
}

function call(target: string, input: unknown = {}, more: object = {}): { readonly input: unknown } {
  return { input: { target, input, ...more } };
}

describe.each(hostSidePlaces)('$name', ({ create, works, notRun }) => {
  describe.skipIf(!works)(`a plugin${notRun}`, () => {
    it('gets the output of the highest version in the range', async () => {
      await using scene = await openScene(create());
      const results = [await ask(scene, call('@test/echo:say', 1)), await ask(scene, call('@test/echo@^1:say', 1))];
      expect(results).toMatchObject([
        { ok: true, data: { version: 2, input: 1 } },
        { ok: true, data: { version: 1, input: 1 } },
      ]);
    });

    it('shares one trace with what it invokes, span below span', async () => {
      await using scene = await openScene(create());
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const context = scene.grant({
        capabilities: ['plugin.invoke', 'fs.read'],
        permissions: { invoke: { allow: ['@test/*'] } },
        registry,
      });
      const request = { plugin: '@test/caller', handler: 'call', ...call('@test/echo:say'), traceparent };
      const result = await scene.runtime.execute(request, context);
      const starts = scene.events.filter(({ type }) => type === 'execution-start');
      const invoked = scene.events.find((event) => event.type === 'host-call');
      expect(result.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-01$/u);
      expect(starts.map(({ pluginId, traceId, parentSpanId }) => [pluginId, traceId, parentSpanId])).toEqual([
        ['@test/caller', '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'],
        ['@test/echo', '4bf92f3577b34da6a3ce929d0e0e4736', invoked?.type === 'host-call' ? invoked.callSpanId : ''],
      ]);
    });

    it('lends no right that it has not itself, and gains none', async () => {
      await using scene = await openScene(create());
      const peek = call('@test/echo@1:peek', { path: 'other/file.txt' });
      expect(await ask(scene, peek)).toMatchObject({
        ok: false,
        error: { code: 'ERR_HANDLER_FAILED', error: { code: 'ERR_HANDLER_FAILED' } },
      });
      const direct = await ask(scene, { plugin: '@test/echo@1', handler: 'peek', input: { path: 'other/file.txt' } });
      expect(direct).toMatchObject({ ok: true, data: 'of the callee' });
    });

    it('may be granted rights of its own, together with its caller or alone', async () => {
      await using scene = await openScene(create());
      const peek = call('@test/echo@1:peek', { path: 'other/file.txt' });
      const own = {
        capabilities: ['fs.read', 'plugin.invoke'],
        permissions: { fs: { mode: 'read', allow: ['other'] } },
      } as const;
      const shared = await ask(scene, { ...peek, context: { callees: { '@test/echo': own } } });
      const alone = await ask(scene, { ...peek, context: { callees: { '@test/echo': { ...own, authority: 'own' } } } });
      expect([shared.ok, alone.ok && alone.data]).toEqual([false, 'of the callee']);
    });

    it('may invoke no other version than its rules name', async () => {
      await using scene = await openScene(create());
      const context = { permissions: { invoke: { allow: ['@test/echo@^1:say'] } } };
      const results = [
        await ask(scene, { ...call('@test/echo@^1:say'), context }),
        await ask(scene, { ...call('@test/echo:say'), context }),
      ];
      expect(results).toMatchObject([
        { ok: true, data: { version: 1 } },
        { ok: false, error: { error: { code: 'ERR_PERMISSION_DENIED' } } },
      ]);
    });

    it('is told the code with which the other one failed', async () => {
      await using scene = await openScene(create());
      expect(await ask(scene, call('@test/echo@1:fail'))).toMatchObject({
        ok: false,
        error: { error: { code: 'ERR_HANDLER_FAILED', message: expect.stringContaining('@test/echo@1:fail failed') } },
      });
    });

    it.each([
      ['nobody:run', 'ERR_PERMISSION_DENIED'],
      ['@test/nobody:run', 'ERR_HANDLER_NOT_FOUND'],
      ['@test/echo:nothing', 'ERR_HANDLER_NOT_FOUND'],
      ['@test/echo@^9:say', 'ERR_HANDLER_NOT_FOUND'],
      ['../echo:say', 'ERR_INVALID_ARGUMENT'],
      ['@test/echo', 'ERR_INVALID_ARGUMENT'],
    ])('cannot invoke %s', async (target, code) => {
      await using scene = await openScene(create());
      expect(await ask(scene, call(target))).toMatchObject({ ok: false, error: { error: { code } } });
    });

    it('ends what it invoked when its time is up', async () => {
      await using scene = await openScene(create());
      const hang = call('@test/echo@1:hang', {}, { timeoutMs: 50 });
      expect(await ask(scene, hang)).toMatchObject({ ok: false, error: { error: { code: 'ERR_TIMEOUT' } } });
      // Long enough to come to the other one, also where the machine has other work.
      const context = { permissions: { invoke: { allow: ['@test/*'] }, quotas: { timeoutMs: 1_000 } } };
      const late = await ask(scene, { ...call('@test/echo@1:hang'), context });
      expect(late).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT', details: { limitMs: 1_000 } } });
      const ends = scene.events.filter(({ type }) => type === 'execution-end');
      expect(ends).toHaveLength(4);
    });
  });

  describe.skipIf(!works)(`a chain of plugins${notRun}`, () => {
    it('ends at the depth that every one of them allows', async () => {
      await using scene = await openScene(create());
      const two = await ask(scene, call('@test/link2:next', { left: 1 }));
      const four = await ask(scene, call('@test/link4:next', { left: 3 }));
      expect(two).toMatchObject({ ok: true, data: 'the end' });
      expect(four).toMatchObject({ ok: false, error: { error: { code: 'ERR_HANDLER_FAILED' } } });
      const deepest = scene.events.filter((event) => event.type === 'host-call' && event.code === 'ERR_QUOTA_EXCEEDED');
      expect(deepest).toHaveLength(1);
    });

    it('that comes back to a handler in it is cut there', async () => {
      await using scene = await openScene(create());
      await ask(scene, { handler: 'again', input: { depth: 0 } });
      const starts = scene.events.filter(({ type }) => type === 'execution-start');
      const codes = scene.events.flatMap((event) =>
        event.type === 'execution-end' && !event.result.ok ? [event.result.error.code] : [],
      );
      expect(starts.map(({ pluginId }) => pluginId)).toEqual(['@test/caller', '@test/echo', '@test/caller']);
      expect(codes[0]).toBe('ERR_QUOTA_EXCEEDED');
    });

    it('fans out no further than its quota', async () => {
      await using scene = await openScene(create(), { maxConcurrency: 1 });
      const many = await ask(scene, { handler: 'both', input: { target: '@test/echo:say', times: 6 } });
      const codes = many.ok && Array.isArray(many.data) ? many.data.toSorted() : [];
      expect(codes).toEqual(['ERR_QUOTA_EXCEEDED', 'ERR_QUOTA_EXCEEDED', 'ok', 'ok', 'ok', 'ok']);
      expect(many.metrics.invokes).toEqual({ used: 4, limit: 4 });
    });

    it('has no more of what it invokes under way than it may have runs', async () => {
      await using scene = await openScene(create());
      const permissions = { invoke: { allow: ['@test/*'] }, quotas: { maxConcurrency: 2 } };
      const many = await ask(scene, {
        handler: 'both',
        input: { target: '@test/echo:say', times: 4 },
        context: { permissions },
      });
      let [underWay, most] = [0, 0];
      for (const { type, pluginId } of scene.events) {
        if (pluginId !== '@test/echo') continue;
        if (type === 'execution-start') underWay += 1;
        if (type === 'execution-end') underWay -= 1;
        most = Math.max(most, underWay);
      }
      expect([many.ok && many.data, most]).toEqual([['ok', 'ok', 'ok', 'ok'], 2]);
    });
  });
});
