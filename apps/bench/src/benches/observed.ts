import { join } from 'node:path';
import {
  createAnalytics,
  createAuditLog,
  createRuntime,
  createSnapshotRecorder,
  createTraceRecorder,
  forkSandbox,
  jsonLinesSink,
} from '@kb-labs/plugin-runtime';
import type { PluginContextOptions, Runtime, RuntimeOptions } from '@kb-labs/plugin-runtime';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { PLUGIN } from '../places.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

/** Runs behind one another that make one sample. */
const RUNS = 5;

export const observed: Bench = {
  name: 'observed',
  title:
    'a run that is traced, recorded, counted and audited, beside the same unobserved, in processes that are used again',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    await using analytics = createAnalytics({ sinks: [jsonLinesSink({ file: join(folder.path, 'analytics.jsonl') })] });
    await using audit = createAuditLog({ file: join(folder.path, 'audit.jsonl') });
    const observers = [
      createTraceRecorder(),
      createSnapshotRecorder({ directory: join(folder.path, 'snapshots') }),
      analytics.observer(),
    ];
    await using plain = open({});
    await using watched = open({ observers, audit, analytics });
    const samples = await interleave(
      { plain: runsOf(plain), watched: runsOf(watched) },
      { rounds: quick ? 120 : 600, warmups: 10, restMs: 1, signal },
    );
    const us = (ms: readonly number[]): number => (median(ms) / RUNS) * 1000;
    return [row('observed', { ours: us(samples.watched), floor: us(samples.plain), peers: {}, unit: 'µs' })];
  },
};

function open(options: RuntimeOptions): Runtime {
  return createRuntime({ sandbox: forkSandbox({ wall: 'off' }), ...options });
}

/** Each run reads a file, so that there is a decision and a call to tell of. */
function runsOf(runtime: Runtime): () => Promise<void> {
  const grant: PluginContextOptions = {
    capabilities: ['fs.read'],
    permissions: { fs: { mode: 'read', allow: ['.'] } },
    root: PLUGIN,
    pluginRoot: PLUGIN,
    isolation: 'plugin',
  };
  const context = runtime.createContext(grant);
  const input = { files: ['package.json'], atOnce: false, times: 1 };
  return async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const result = await runtime.execute({ handler: './handlers.js#timeReads', input }, context);
      if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    }
  };
}
