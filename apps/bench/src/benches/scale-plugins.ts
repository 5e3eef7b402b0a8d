import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuntime } from '@kb-labs/plugin-runtime';
import type { Bench } from '../bench.js';
import { curveRows } from '../curve.js';
import type { CurvePoint } from '../curve.js';
import { PLUGIN } from '../places.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const PLUGINS = [1, 10, 100, 1000];
/** Each plugin has been run so often before it is measured: a handler's first runs are V8's to get to know it, and no plugin's neighbours. */
const WARMUPS = 30;

export const scalePlugins: Bench = {
  name: 'scale-plugins',
  title: 'a run in-process, by how many plugins the runtime has run before',
  async run({ quick, signal, progress }) {
    await using folder = await openTemporaryFolder();
    await using runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
    const calls: (() => Promise<void>)[] = [];
    const points: CurvePoint[] = [];
    for (const at of PLUGINS) {
      progress(`${at} plugins`);
      while (calls.length < at) {
        const call = await openPlugin(folder.path, calls.length);
        for (let run = 0; run < WARMUPS; run += 1) await call();
        calls.push(call);
      }
      const samples: number[] = [];
      for (let run = 0; run < (quick ? 1000 : 5000); run += 1) {
        signal.throwIfAborted();
        const start = performance.now();
        await calls[run % calls.length]?.();
        samples.push(performance.now() - start);
      }
      points.push({ at, cost: median(samples) });
    }
    return curveRows('plugins', 'ms', points);

    async function openPlugin(parent: string, index: number): Promise<() => Promise<void>> {
      const pluginRoot = join(parent, `plugin-${index}`);
      await cp(PLUGIN, pluginRoot, { recursive: true });
      const plugin = { id: `bench.plugin-${index}`, version: '1.0.0' };
      const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot, plugin });
      return async () => {
        const result = await runtime.execute({ handler: './handlers.js#trivial', input: { n: 1 } }, context);
        if (!result.ok) throw new Error(result.error.message);
      };
    }
  },
};
