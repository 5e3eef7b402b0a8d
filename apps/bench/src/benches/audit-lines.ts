import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuditLog } from '@kb-labs/plugin-runtime';
import type { AuditEntry } from '@kb-labs/contracts';
import type { Bench } from '../bench.js';
import { interleave } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';
import { openTemporaryFolder } from '../temporary-folder.js';

const LINES = 256;

export const auditLines: Bench = {
  name: 'audit-lines',
  title: 'decisions into the audit log, kept all at once, beside the same log where each is kept before the next',
  async run({ quick, signal }) {
    await using folder = await openTemporaryFolder();
    await using batched = createAuditLog({ file: join(folder.path, 'batched.jsonl') });
    await using single = createAuditLog({ file: join(folder.path, 'single.jsonl') });
    await using raw = await open(join(folder.path, 'raw.jsonl'), 'a', 0o600);
    const samples = await interleave(
      {
        ours: async () => {
          for (let seq = 1; seq <= LINES; seq += 1) batched.write(entryOf(seq));
          await batched.flush();
        },
        single: async () => {
          for (let seq = 1; seq <= LINES; seq += 1) {
            single.write(entryOf(seq));
            await single.flush();
          }
        },
        raw: async () => {
          for (let seq = 1; seq <= LINES; seq += 1) await raw.write(`${JSON.stringify(entryOf(seq))}\n`);
        },
      },
      { rounds: quick ? 60 : 400, warmups: 10, signal },
    );
    const perLine = (ms: number): number => (ms * 1000) / LINES;
    return [
      row('audit-lines', {
        ours: perLine(median(samples.ours)),
        floor: perLine(median(samples.single)),
        peers: { 'a raw write for each, without redaction': perLine(median(samples.raw)) },
        unit: 'µs',
      }),
    ];
  },
};

function entryOf(seq: number): AuditEntry {
  return {
    executionId: 'bench-1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: undefined,
    pluginId: '@bench/plugin',
    seq,
    time: 1_700_000_000_000 + seq,
    audit: {
      kind: 'fs',
      operation: 'read',
      target: `reports/2026/n${seq}.json`,
      // Of what is allowed a log keeps none where nothing is said.
      decision: { allowed: false, reason: 'not-granted' },
      patches: [],
    },
  };
}
