import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AuditEntry, AuditRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createAuditLog } from '../src/index.js';
import type { AuditLog } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const onWindows = process.platform === 'win32';
const denied: AuditRecord = {
  kind: 'fs',
  operation: 'read',
  target: 'secret.txt',
  decision: { allowed: false, reason: 'not-granted' },
  patches: [{ document: 'grant', operations: [{ op: 'add', path: '/fs/allow/-', value: 'secret.txt' }] }],
};
const allowed: AuditRecord = { ...denied, decision: { allowed: true, rule: 'src' }, patches: [] };

function entry(seq: number, audit: AuditRecord = denied, executionId = 'run'): AuditEntry {
  const stamp = { executionId, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: undefined };
  return { ...stamp, pluginId: '@acme/review', seq, time: 1000 + seq, audit };
}

async function entriesIn(file: string): Promise<AuditEntry[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line): AuditEntry => JSON.parse(line));
}

describe('an audit log', () => {
  it('has a line for each denial, as it was, for its owner alone', async () => {
    const file = join(await temporaryFolder(), 'made/audit.jsonl');
    await using log = createAuditLog({ file });
    log.write(entry(0));
    log.write(entry(1, allowed));
    log.write(entry(2));
    await log.flush();
    const { parentSpanId: _, ...first } = entry(0);
    expect(await entriesIn(file)).toEqual([first, { ...first, seq: 2, time: 1002 }]);
    expect(log.stats()).toEqual({ written: 2, pending: 0, lost: 0, skipped: 1, lastError: undefined });
    expect(onWindows || ((await stat(file)).mode & 0o777) === 0o600).toBe(true);
  });

  it('keeps that part of what was allowed that was asked for', async () => {
    const folder = await temporaryFolder();
    const kept = async (sampleAllows: number): Promise<number> => {
      await using log = createAuditLog({ file: join(folder, `${sampleAllows}.jsonl`), sampleAllows });
      for (let seq = 0; seq < 2000; seq++) log.write(entry(seq, allowed));
      await log.flush();
      return log.stats().written;
    };
    expect([await kept(0), await kept(1)]).toEqual([0, 2000]);
    const half = await kept(0.5);
    expect([half > 800, half < 1200]).toEqual([true, true]);
  });

  it('has whole lines in each order of their own, whoever writes at once', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await using log = createAuditLog({ file });
    const runs = Array.from({ length: 20 }, (_, index) => `run-${index}`);
    await Promise.all(
      runs.map(async (id) => {
        for (let seq = 0; seq < 100; seq++) {
          log.write(entry(seq, { ...denied, target: 'x'.repeat(seq * 10) }, id));
          if (seq % 7 === 0) await log.flush();
        }
      }),
    );
    await log.flush();
    const entries = await entriesIn(file);
    expect(entries).toHaveLength(2000);
    for (const id of runs) {
      const seqs = entries.filter(({ executionId }) => executionId === id).map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: 100 }, (_, seq) => seq));
    }
  });

  it('obeys no terminal, and shows no secret', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await using log = createAuditLog({ file, redaction: { secrets: ['hunter22'] } });
    const target = 'a\n{"seq":9}\r\u001b[31m\u0085\u2028\u202e é hunter22 https://u:p@h.test/';
    log.write(entry(0, { ...denied, target }));
    await log.flush();
    expect(await readFile(file, 'latin1')).toMatch(/^[ -~]+\n$/);
    expect((await entriesIn(file)).map(({ audit }) => audit.target)).toEqual([
      'a\n{"seq":9}\r\u001b[31m\u0085\u2028\u202e é [redacted] https://[redacted]@h.test/',
    ]);
  });

  it('rotates', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await using log = createAuditLog({ file, maxBytes: 1024, maxFiles: 2 });
    for (let seq = 0; seq < 20; seq++) log.write(entry(seq));
    await log.flush();
    const entries = [...(await entriesIn(`${file}.1`)), ...(await entriesIn(file))];
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => 20 - entries.length + index));
    expect((await stat(`${file}.1`)).size).toBeLessThanOrEqual(1024);
  });
});

interface RemovableLog {
  readonly log: AuditLog;
  readonly file: string;
  away(): Promise<void>;
  back(): Promise<void>;
}

/** A log whose folder can be taken away. */
async function removable(maxPending?: number): Promise<RemovableLog> {
  const folder = join(await temporaryFolder(), 'log');
  const file = join(folder, 'audit.jsonl');
  const log = createAuditLog({ file, ...(maxPending === undefined ? {} : { maxPending }) });
  await log.ready();
  return {
    log,
    file,
    away: () => rename(folder, `${folder}-moved`),
    back: () => rename(`${folder}-moved`, folder),
  };
}

describe('where decisions cannot be kept', () => {
  const gone = { code: 'ERR_AUDIT_UNAVAILABLE' };

  it('is told each time it is asked, and no longer once they can', async () => {
    const folder = join(await temporaryFolder(), 'log');
    const log = createAuditLog({ file: join(folder, 'audit.jsonl') });
    await log.ready();
    await rename(folder, `${folder}-moved`);
    await expect(log.ready()).rejects.toMatchObject(gone);
    await writeFile(folder, 'in the way');
    await expect(log.ready()).rejects.toMatchObject(gone);
    await rm(folder);
    await rename(`${folder}-moved`, folder);
    await log.ready();
  });

  it.skipIf(onWindows)('is told of a link in place of the file', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'audit.jsonl');
    const log = createAuditLog({ file });
    await log.ready();
    await rm(file);
    await writeFile(join(folder, 'target'), 'untouched');
    await symlink(join(folder, 'target'), file);
    await expect(log.ready()).rejects.toMatchObject(gone);
    log.write(entry(0));
    await expect(log.flush()).rejects.toMatchObject(gone);
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('untouched');
  });

  it.skipIf(process.platform !== 'linux')('is told of a disk that is full', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    const log = createAuditLog({ file });
    log.write(entry(0));
    await log.flush();
    const onLimit = (): void => undefined; // The system ends a process at a size limit unless it listens.
    process.on('SIGXFSZ', onLimit);
    const limit = (bytes: string): Promise<unknown> =>
      promisify(execFile)('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
    await limit('1024');
    try {
      await expect(log.ready()).rejects.toMatchObject(gone);
      for (let seq = 1; seq < 9; seq++) log.write(entry(seq));
      await expect(log.flush()).rejects.toMatchObject(gone);
    } finally {
      await limit('unlimited');
      process.off('SIGXFSZ', onLimit);
    }
    await log.ready();
    await log.flush();
    expect((await entriesIn(file)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.skipIf(onWindows)('is told of a folder that is for reading alone', async () => {
    const folder = await temporaryFolder();
    const script = fileURLToPath(new URL('unprivileged-audit.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, join(folder, 'audit.jsonl')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const out: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    await once(child, 'close');
    expect(out.join('')).toBe('ERR_AUDIT_UNAVAILABLE\n');
  });

  it('they wait and are written later, once each, up to a number; then they are lost, and every flush says so', async () => {
    const folder = join(await temporaryFolder(), 'log');
    const file = join(folder, 'audit.jsonl');
    const log = createAuditLog({ file, maxPending: 6 });
    log.write(entry(0));
    await log.flush();
    await rename(folder, `${folder}-moved`);
    for (let seq = 1; seq < 4; seq++) log.write(entry(seq));
    await expect(log.flush()).rejects.toMatchObject(gone);
    expect(log.stats()).toMatchObject({ written: 1, pending: 3, lost: 0 });
    log.write(entry(4));
    await rename(`${folder}-moved`, folder);
    await log.ready();
    await expect(log.flush()).rejects.toMatchObject(gone);
    await expect(log.flush()).rejects.toMatchObject(gone);
    expect((await entriesIn(file)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(log.stats()).toMatchObject({ written: 4, pending: 0, lost: 1, lastError: undefined });
  });

  it('fail the execution that lost some, and no other', async () => {
    const { log, file, away, back } = await removable(6);
    await away();
    for (let seq = 0; seq < 10; seq++) log.write(entry(seq, denied, 'flood'));
    log.write(entry(0, denied, 'quiet'));
    await expect(log.flush('quiet')).rejects.toMatchObject(gone);
    await back();
    await log.ready();
    log.write(entry(0, denied, 'later'));
    await log.flush('quiet');
    await log.flush('later');
    await log.flush('silent');
    await expect(log.flush('flood')).rejects.toMatchObject(gone);
    await expect(log.flush('flood')).rejects.toMatchObject(gone);
    await expect(log.flush()).rejects.toMatchObject(gone);
    const ids = (await entriesIn(file)).map(({ executionId }) => executionId);
    expect(ids).toEqual(['flood', 'flood', 'flood', 'quiet', 'later']);
    expect(log.stats()).toMatchObject({ pending: 0, lost: 7 });
  });

  it('take what one execution brings forth with the default quotas, without a loss', async () => {
    const { log, away, back } = await removable();
    await away();
    for (let seq = 0; seq < 16_384; seq++) log.write(entry(seq));
    expect(log.stats()).toMatchObject({ lost: 0, pending: 16_384 });
    await back();
    await log.ready();
    await log.flush('run');
    expect(log.stats()).toMatchObject({ written: 16_384, pending: 0, lost: 0 });
  });

  it('hold up nobody who waits for other lines', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    await using log = createAuditLog({ file });
    log.write(entry(0, denied, 'quiet'));
    let flooding = true;
    let floods = 0;
    const flood = (): void => {
      if (!flooding) return;
      for (let seq = 0; seq < 300; seq++) log.write(entry(seq, denied, `flood-${floods}`));
      floods += 1;
      setImmediate(flood);
    };
    flood();
    await log.flush('quiet');
    flooding = false;
    expect((await entriesIn(file))[0]?.executionId).toBe('quiet');
  });

  it('of more executions than are remembered fail all that ask, unless those were told', async () => {
    const { log, away, back } = await removable(2);
    await away();
    log.write(entry(0, denied, 'first'));
    for (let run = 0; run < 10_000; run++) {
      log.write(entry(0, denied, `told-${run}`));
      log.write(entry(1, denied, `told-${run}`));
      await log.flush(`told-${run}`).catch(() => undefined);
    }
    await back();
    await log.ready();
    await log.flush('later');
    await expect(log[Symbol.asyncDispose]()).rejects.toMatchObject(gone);
    for (let run = 0; run < 10_001; run++) log.write(entry(0, denied, `untold-${run}`));
    await expect(log.flush('later')).rejects.toMatchObject(gone);
  });

  it('is told of after the end as well', async () => {
    const file = join(await temporaryFolder(), 'audit.jsonl');
    const log = createAuditLog({ file });
    log.write(entry(0));
    await log[Symbol.asyncDispose]();
    expect((await entriesIn(file)).map(({ seq }) => seq)).toEqual([0]);
    log.write(entry(1));
    await expect(log.ready()).rejects.toMatchObject(gone);
    await expect(log.flush()).rejects.toMatchObject(gone);
    expect(log.stats()).toMatchObject({ written: 1, lost: 1 });
    await log[Symbol.asyncDispose]();
  });
});

describe('options', () => {
  it.each([
    [{ file: 'audit.jsonl' }, '/file'],
    [{ file: '/a', sampleAllows: 1.1 }, '/sampleAllows'],
    [{ file: '/a', sampleDenials: 1 }, '/sampleDenials'],
    [{ file: '/a', maxPending: 1 }, '/maxPending'],
    [{ file: '/a', maxBytes: 1 }, '/maxBytes'],
    [{ file: '/a', redaction: { keys: 1 } }, '/redaction/keys'],
    [undefined, ''],
  ])('that could not work are refused: %o', (options, pointer) => {
    expect(() => Reflect.apply(createAuditLog, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
