import { createRuntime } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContext, Runtime } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { budget } from '../fuzz/budget.js';
import { places } from '../scene.js';
import { pluginFile } from './arena.js';
import { strainOf } from './watch-host.js';

const pluginRoot = pluginFile('i', '.');
// Ten thousand take a minute on a busy machine: the long run has them.
const crowd = Math.min(10_000, budget(2_000).numRuns);
const sizes = { 'in-process': { crowd, queue: 200 }, fork: { crowd: 150, queue: 40 } } as const;
const crowded = places.flatMap((place) =>
  place.name === 'in-process' || place.name === 'fork' ? [{ ...place, ...sizes[place.name] }] : [],
);

/** A plugin with a line of its own. */
function contextOf(runtime: Runtime, id: string): PluginContext {
  return runtime.createContext({ capabilities: [], permissions: {}, pluginRoot, plugin: { id, version: '1.0.0' } });
}

describe.each(crowded)('$name', ({ create, crowd, queue }) => {
  it(
    `I26 runs ${crowd} calls of one plugin at once by a few at a time, and no other plugin waits for them`,
    {
      timeout: 120_000,
    },
    async () => {
      const limits = { maxConcurrency: 4, maxQueued: queue };
      await using runtime = createRuntime({ sandbox: create(), requiredConfinement: 'none', graceMs: 30, ...limits });
      const [greedy, modest] = [contextOf(runtime, 'greedy'), contextOf(runtime, 'modest')];
      const ended: string[] = [];
      const run = async (name: string, context: PluginContext): Promise<ExecuteResult> => {
        const result = await runtime.execute('./handlers.js#lingers', 5, context);
        if (result.ok) ended.push(name);
        return result;
      };
      const results: ExecuteResult[] = [];
      const { grownMib } = await strainOf(async () => {
        const all = Array.from({ length: crowd }, () => run('greedy', greedy));
        const others = [run('modest', modest), run('modest', modest)];
        for (const other of others) expect(await other).toMatchObject({ ok: true, data: 5 });
        results.push(...(await Promise.all(all)));
      });
      // What found no place in the queue was told so at once; a place or two went to the other plugin.
      const refused = results.flatMap((result) => (result.ok ? [] : [result.error]));
      expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['ERR_QUOTA_EXCEEDED']));
      expect(results.length - refused.length).toBeGreaterThanOrEqual(queue);
      // The first may have ended, and given up their places, before the last came.
      expect(results.length - refused.length).toBeLessThan(crowd / 2);
      // The line before the others was hundreds long: they went in by turns.
      expect(ended.lastIndexOf('modest')).toBeLessThan(3 * limits.maxConcurrency);
      expect(grownMib).toBeLessThan(400);
      expect(await run('greedy', greedy)).toMatchObject({ ok: true });
    },
  );
});
