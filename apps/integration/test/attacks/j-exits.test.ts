import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openScene, places, pluginFolder } from '../scene.js';
import { codeOf, dataOf, openArena, pluginFile } from './arena.js';

// Places whose guests have a `process` of their own to leave.
const leavable = places.filter(({ name }) => name.startsWith('fork') || name === 'worker');
const tidy = { pluginRoot: pluginFolder('shapes') };

describe.each(leavable)('$name', (place) => {
  describe.skipIf(!place.works)(`a guest that leaves${place.notRun}`, () => {
    const arena = openArena(place, 'j');
    const run = async (name: string, input: object = {}) => {
      const { runtime, grant } = arena.scene();
      const request = { handler: `./processes.js#${name}`, input };
      const result = await runtime.execute(request, grant({ pluginRoot: pluginFile('j', '.') }));
      return { result, denied: [] };
    };

    it('J04 is judged by its result, whatever exit code it gives itself and whatever it does on its way out', async () => {
      expect(dataOf(await run('rewritesExit'))).toBe('returned');
    });

    it('J05 has a whole result or none when it exits at once', async () => {
      for (const bytes of [1, 100_000, 4_000_000]) {
        const { result } = await run('leavesWithResult', { bytes });
        expect(['x'.repeat(bytes), 'ERR_SANDBOX_CRASHED']).toContain(result.ok ? result.data : result.error.code);
      }
    });

    it('J05 has a whole result or none when it exits at any of its next turns', async () => {
      for (const turns of [0, 1, 2, 3]) {
        const { result } = await run('leavesAfterResult', { bytes: 2_000_000, turns });
        expect(['x'.repeat(2_000_000), 'ERR_SANDBOX_CRASHED']).toContain(result.ok ? result.data : result.error.code);
      }
    });

    it('J20 is refused after so many crashes at load, at once and with the time that is left', async () => {
      await using scene = await openScene(place.create(), { crashLoop: { crashes: 3, windowMs: 60_000 } });
      const context = scene.grant({ pluginRoot: pluginFile('j', '.'), plugin: { id: 'crashing', version: '1.0.0' } });
      const attempt = () => scene.runtime.execute('./crashes-at-load.js#run', {}, context);
      const codes = [await attempt(), await attempt(), await attempt()].map(
        (result) => !result.ok && result.error.code,
      );
      expect(codes).toEqual(['ERR_SANDBOX_CRASHED', 'ERR_SANDBOX_CRASHED', 'ERR_SANDBOX_CRASHED']);
      const refused = await attempt();
      const details = { pluginId: 'crashing', handler: './crashes-at-load.js#run', crashes: 3 };
      const error = { code: 'ERR_CRASH_LOOP', stage: 'queue', http: 503, retryable: true, details };
      expect(refused).toMatchObject({ ok: false, error, confinement: undefined });
      const left = refused.ok ? 0 : Number(refused.error.details['retryAfterMs']);
      expect(left > 0 && left <= 60_000).toBe(true);
      // Others, and other handlers of the same plugin, run on.
      expect(await scene.runtime.execute('./processes.js#returns', 1, context)).toMatchObject({ ok: true, data: 1 });
      expect(await scene.runtime.execute('./handlers.js#double', { value: 2 }, scene.grant(tidy))).toMatchObject({
        ok: true,
      });
      expect(scene.runtime.crashLoops.list()).toMatchObject([{ pluginId: 'crashing', crashes: 3 }]);
      expect(scene.runtime.crashLoops.reset('crashing')).toBe(1);
      expect(await attempt()).toMatchObject({ error: { code: 'ERR_SANDBOX_CRASHED' } });
    });

    it('J20 does not give up a handler for its errors, its time limits, or crashes between which it works', async () => {
      await using scene = await openScene(place.create(), { crashLoop: { crashes: 2, windowMs: 60_000 } });
      const quotas = { permissions: { quotas: { timeoutMs: 150 } }, pluginRoot: pluginFile('j', '.') };
      const codes: unknown[] = [];
      for (const handler of ['throws', 'waits']) {
        for (let time = 0; time < 3; time += 1) {
          const result = await scene.runtime.execute(`./handlers.js#${handler}`, {}, scene.grant(quotas));
          codes.push(codeOf({ result }));
        }
      }
      expect(new Set(codes)).toEqual(new Set(['ERR_HANDLER_FAILED', 'ERR_TIMEOUT']));
      // An exit has all the time that it takes: on a busy machine that is more than the limit above.
      const unhurried = scene.grant({ pluginRoot: quotas.pluginRoot });
      for (const code of [3, undefined, 3, undefined, 3]) {
        const result = await scene.runtime.execute('./processes.js#exitsOrReturns', { code }, unhurried);
        expect(result).toMatchObject(code === undefined ? { ok: true } : { error: { code: 'ERR_SANDBOX_CRASHED' } });
      }
    });

    it('J20 does not let those wait that stood in the line when it was given up', async () => {
      const limits = { crashLoop: { crashes: 2, windowMs: 60_000 }, maxConcurrency: 1 };
      await using scene = await openScene(place.create(), limits);
      const context = scene.grant({ pluginRoot: pluginFile('j', '.') });
      const all = Array.from({ length: 20 }, () => scene.runtime.execute('./crashes-at-load.js#run', {}, context));
      const codes = (await Promise.all(all)).map((result) => codeOf({ result }));
      expect(codes.filter((code) => code === 'ERR_SANDBOX_CRASHED')).toHaveLength(2);
      expect(codes.filter((code) => code === 'ERR_CRASH_LOOP')).toHaveLength(18);
    });
  });
});

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`a channel${place.notRun}`, () => {
    const arena = openArena(place, 'j');
    const run = async (name: string, grant: object = {}) => {
      const { runtime, grant: contextOf } = arena.scene();
      const request = { handler: `./frames.js#${name}`, input: {} };
      return await runtime.execute(request, contextOf({ pluginRoot: pluginFile('j', '.'), ...grant }));
    };

    it('J14 over which a guest is ready twice is broken off', async () => {
      expect(codeOf({ result: await run('isReadyTwice') })).toBe('ERR_PROTOCOL');
      expect(dataOf(await arena.run('returns', 1))).toBe(1);
    });

    it('that a guest never reads fills up to a bound, and its run ends in time', async () => {
      const { root } = arena.scene();
      await writeFile(join(root, 'large.bin'), new Uint8Array(1_000_000));
      const before = process.memoryUsage().rss;
      const quotas = { timeoutMs: 1_500, maxInFlight: 64, maxBytesRead: 1_000_000_000 };
      const permissions = { fs: { mode: 'read', allow: ['.'] }, quotas };
      const result = await run('readsNothing', { capabilities: ['fs.read'], permissions });
      expect(['ERR_TIMEOUT', 'ERR_QUOTA_EXCEEDED', 'ERR_PROTOCOL']).toContain(codeOf({ result }));
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
      expect(dataOf(await arena.run('returns', 1))).toBe(1);
    });
  });
});
