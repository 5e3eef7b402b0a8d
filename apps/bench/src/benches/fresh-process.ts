import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const EMPTY = fileURLToPath(new URL('../children/empty.cjs', import.meta.url));
const PLUGIN = fileURLToPath(new URL('../plugin', import.meta.url));

export const freshProcess: Bench = {
  name: 'fresh-process',
  title: 'execute() in a process of its own, no wall, beside a cold fork of an empty script',
  async run({ quick, signal }) {
    await using runtime = createRuntime({ sandbox: forkSandbox({ wall: 'off' }) });
    const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot: PLUGIN });
    const samples = await interleave(
      {
        ours: () => runtime.execute({ handler: './handlers.js#trivial', input: { n: 1 } }, context),
        fork: async () => {
          await once(fork(EMPTY), 'exit');
        },
      },
      { rounds: quick ? 20 : 100, signal },
    );
    return [row('fresh-process', { ours: median(samples.ours), floor: median(samples.fork), peers: {}, unit: 'ms' })];
  },
};
