import { join } from 'node:path';
import { jsonLinesSink } from '@kb-labs/plugin-runtime';
import type { AnalyticsRecord } from '@kb-labs/contracts';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const LINES = 256;

export const analyticsLines: Bench = {
  name: 'analytics-lines',
  title: 'records into a file of JSON lines, 256 in a write, beside a write for each',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    await using batched = jsonLinesSink({ file: join(folder.path, 'batched.jsonl') });
    await using single = jsonLinesSink({ file: join(folder.path, 'single.jsonl') });
    const records = Array.from({ length: LINES }, (_, at) => recordOf(at));
    const samples = await interleave(
      {
        ours: () => batched.write(records, signal),
        single: async () => {
          for (const record of records) await single.write([record], signal);
        },
      },
      { rounds: quick ? 60 : 400, warmups: 10, signal },
    );
    const perLine = (ms: number): number => (ms * 1000) / LINES;
    const [ours, floor] = [perLine(median(samples.ours)), perLine(median(samples.single))];
    return [row('analytics-lines', { ours, floor, peers: {}, unit: 'µs' })];
  },
};

function recordOf(seq: number): AnalyticsRecord {
  return {
    seq,
    time: 1_700_000_000_000 + seq,
    name: 'execution.finished',
    source: 'runtime',
    pluginId: '@bench/plugin',
    executionId: `bench-${seq}`,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    attributes: { ok: true, durationMs: 12.5, handler: './handlers.js#trivial', sandbox: 'fork', cold: false },
    cut: 0,
  };
}
