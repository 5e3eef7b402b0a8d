import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry, AuditRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createAuditLog, summariseAudit } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const denial = { allowed: false, reason: 'not-granted' } as const;

function entry(executionId: string, audit: Partial<AuditRecord>): AuditEntry {
  const stamp = { executionId, traceId: 't', spanId: 's', parentSpanId: undefined, pluginId: 'acme', seq: 0, time: 1 };
  return { ...stamp, audit: { kind: 'fs', operation: 'read', target: 'a', decision: denial, patches: [], ...audit } };
}

const entries = [
  entry('1', {}),
  entry('1', { decision: { allowed: false, reason: 'read-only' } }),
  entry('1', { decision: { allowed: true, rule: 'src' }, target: 'src/x' }),
  entry('2', { kind: 'net', operation: 'fetch', target: 'https://a.test' }),
  entry('2', {}),
];

const summary = {
  allowed: 1,
  denied: 4,
  executions: 2,
  byKind: { fs: { allowed: 1, denied: 3 }, net: { allowed: 0, denied: 1 } },
  byPlugin: { acme: { allowed: 1, denied: 4 } },
  targets: [
    { kind: 'fs', target: 'a', allowed: 0, denied: 3, reasons: ['not-granted', 'read-only'] },
    { kind: 'net', target: 'https://a.test', allowed: 0, denied: 1, reasons: ['not-granted'] },
    { kind: 'fs', target: 'src/x', allowed: 1, denied: 0, reasons: [] },
  ],
  malformed: 0,
};

describe('a summary', () => {
  it('counts decisions by kind, plugin and target, the most denied first', async () => {
    expect(await summariseAudit(entries)).toEqual(summary);
  });

  it('is the same of a log in files, the rotated ones included', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await using log = createAuditLog({ file, sampleAllows: 1, maxBytes: 1024, maxFiles: 5 });
    for (const one of entries) log.write(one);
    await log.flush();
    expect(await summariseAudit(file)).toEqual(summary);
  });

  it('counts what is no decision, and goes on', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    const lines = [
      '{"seq":',
      'null',
      '[]',
      '{"__proto__":{"audit":1}}',
      '{"executionId":"x"}',
      JSON.stringify(entries[0]),
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    expect(await summariseAudit(file)).toMatchObject({ denied: 1, malformed: 5 });
    expect(await summariseAudit(new Set(entries))).toMatchObject({ malformed: 0 });
  });

  it('of a line without an end ends, and that line is no decision', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await writeFile(file, `${'x'.repeat(20_000_000)}\n${JSON.stringify(entries[0])}\n{"seq"`);
    expect(await summariseAudit(file)).toMatchObject({ denied: 1, malformed: 2 });
  });

  it('of a file that is not there is an error', async () => {
    await expect(summariseAudit(join(await temporaryFolder(), 'none'))).rejects.toMatchObject({
      code: 'ERR_IO_FAILED',
    });
  });

  it('has a bounded number of targets, however many a guest makes up', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => entry('1', { target: `t${index}` }));
    const { targets, denied } = await summariseAudit(many);
    expect([targets.length, denied]).toEqual([20, 20_000]);
  });

  it('tells so many executions and plugins apart, and counts the decisions of all', async () => {
    function* many(): Generator<AuditEntry> {
      for (let index = 0; index < 100_001; index++) yield { ...entry(`e${index}`, {}), pluginId: `p${index}` };
    }
    const { executions, byPlugin, denied } = await summariseAudit(many());
    expect([executions, Object.keys(byPlugin).length, denied]).toEqual([100_000, 10_000, 100_001]);
  });

  it('takes names of the language for names', async () => {
    const { byPlugin } = await summariseAudit([{ ...entry('1', {}), pluginId: '__proto__' }]);
    expect(Object.entries(byPlugin)).toEqual([['__proto__', { allowed: 0, denied: 1 }]]);
  });
});
