import { realpathSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { nodePlaces, openScene, pluginFolder } from '../scene.js';
import { codeOf, dataOf, openArena, pluginFile } from './arena.js';

const HOUR = 3_600_000;
const realNow = Date.now;

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`a clock that jumps${place.notRun}`, () => {
    const arena = openArena(place, 'j', { maxConcurrency: 1 });
    const quotas = { timeoutMs: 250, queueTimeoutMs: 20_000 };
    afterEach(() => {
      Date.now = realNow;
    });

    /** Runs a handler, and moves the clock of this process once it is up. */
    async function jumpDuring(name: string, input: object, hours: number) {
      const observe = ({ type }: { readonly type: string }): void => {
        if (type === 'progress') Date.now = () => realNow() + hours * HOUR;
      };
      return await arena.run(name, input, { observers: [{ observe }], permissions: { quotas } });
    }

    it.each([1, -1])('J22 neither ends a run nor gives it more time: %d h', async (hours) => {
      const began = performance.now();
      const bout = await jumpDuring('waits', {}, hours);
      const took = performance.now() - began;
      expect(codeOf(bout)).toBe('ERR_TIMEOUT');
      const { used = 0 } = bout.result.metrics.wallMs;
      expect(used >= 240 && used <= took && took < 15_000).toBe(true);
      expect(dataOf(await jumpDuring('works', { ms: 20 }, hours))).toBe('worked');
    });

    it.each([1, -1])('J22 neither calls from the queue nor keeps there: %d h', async (hours) => {
      const running = jumpDuring('waits', {}, hours);
      const waiting = [1, 2].map((n) => arena.run('returns', n, { permissions: { quotas } }));
      expect((await Promise.all(waiting)).map(dataOf)).toEqual([1, 2]);
      expect(codeOf(await running)).toBe('ERR_TIMEOUT');
    });

    it('J22 goes by timers also where the clock of the runtime stands still or runs mad', async () => {
      let calls = 0;
      const clocks = [
        { now: () => 0, monotonic: () => 0 },
        { now: () => (calls += HOUR), monotonic: () => (calls += HOUR) },
        { now: () => -(calls += HOUR), monotonic: () => -(calls += HOUR) },
      ];
      for (const clock of clocks) {
        await using scene = await openScene(place.create(), { clock });
        const context = scene.grant({ pluginRoot: pluginFile('j', '.'), permissions: { quotas } });
        expect(await scene.runtime.execute('./handlers.js#works', { ms: 20 }, context)).toMatchObject({ ok: true });
        const late = await scene.runtime.execute('./handlers.js#waits', {}, context);
        expect(late).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
      }
    });
  });

  describe.skipIf(!place.works || process.platform === 'win32')(`a grandchild${place.notRun}`, () => {
    it('J17 that holds the output of a command open holds up no run', async () => {
      // A guest can start none itself, in any place; what it can have started is a command, here without a wall around it.
      const shell = realpathSync('/bin/sh');
      await using scene = await openScene(place.create(), { hostApi: { shell: { wall: 'off' } } });
      const context = scene.grant({
        pluginRoot: pluginFolder('rooms'),
        capabilities: ['shell.run'],
        permissions: {
          fs: { mode: 'read', allow: ['.'] },
          shell: { allow: [{ command: shell, args: ['-c', '*'], interpreter: true }] },
        },
      });
      const input = { command: shell, args: ['-c', 'sleep 30 & echo started'] };
      const began = performance.now();
      const result = await scene.runtime.execute('./handlers.js#runsCommand', input, context);
      expect(result).toMatchObject({ ok: true, data: { exitCode: 0, text: 'started\n' } });
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  });
});
