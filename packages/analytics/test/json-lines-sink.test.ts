import { execFile } from 'node:child_process';
import { chmod, link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { AnalyticsRecord } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnalytics, jsonLinesSink } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const { signal } = new AbortController();
// Windows has no modes.
const onWindows = process.platform === 'win32';
const [PRIVATE_FILE, PRIVATE_FOLDER] = onWindows ? [undefined, undefined] : [0o600, 0o700];

describe('the JSON lines', () => {
  it('have one line for each record, in order, in a file for its owner alone', async () => {
    const file = join(await temporaryFolder(), 'new/folder/records.jsonl');
    await using analytics = createAnalytics({
      sinks: [jsonLinesSink({ file })],
      clock: { now: () => 5, monotonic: () => 0 },
    });
    analytics.track('first', { count: 1 });
    analytics.track('second');
    expect(await analytics.flush()).toEqual([{ sink: 'json-lines', delivered: 2, failed: 0, dropped: 0, pending: 0 }]);
    expect(await readFile(file, 'utf8')).toBe(
      '{"seq":0,"time":5,"name":"first","source":"host","attributes":{"count":1},"cut":0}\n' +
        '{"seq":1,"time":5,"name":"second","source":"host","attributes":{},"cut":0}\n',
    );
    expect([await modeOf(file), await modeOf(join(file, '..'))]).toEqual([PRIVATE_FILE, PRIVATE_FOLDER]);
  });

  it('are one line whatever a text holds, and obey no terminal', async () => {
    const hostile =
      '\n[INFO] fake\r\u001B[2J\u001B]8;;http://evil.test\u0007x\u009B31m\u202Egnp.exe\u2028\u2029\u0085\u200B\uFEFF\uD800';
    const file = join(await temporaryFolder(), 'records.jsonl');
    await jsonLinesSink({ file }).write([record(0, hostile)], signal);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(text).attributes.text).toBe(hostile);
  });

  it('are one line each and read back as they were, for any text', async () => {
    const folder = await temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: codePoint }), { minLength: 1, maxLength: 8 }), async (texts) => {
        const file = join(folder, `${run++}.jsonl`);
        await jsonLinesSink({ file }).write(
          texts.map((text, seq) => record(seq, text)),
          signal,
        );
        const lines = (await readFile(file, 'utf8')).split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => JSON.parse(line).attributes.text)).toEqual(texts);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('the files', () => {
  it('rotate between lines, keep to their size and number, and lose the oldest lines alone', async () => {
    const folder = await temporaryFolder();
    const sink = jsonLinesSink({ file: join(folder, 'r.jsonl'), maxBytes: 1000, maxFiles: 3 });
    for (let first = 0; first < 100; first += 7) {
      await sink.write(
        Array.from({ length: 7 }, (_, index) => record(first + index, 'x'.repeat(50))),
        signal,
      );
    }
    expect((await readdir(folder)).toSorted()).toEqual(['r.jsonl', 'r.jsonl.1', 'r.jsonl.2']);
    const files = await Promise.all(
      ['r.jsonl.2', 'r.jsonl.1', 'r.jsonl'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    expect(files.every((text) => text.length <= 1000 && text.endsWith('\n'))).toBe(true);
    const seqs = files.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => Number(JSON.parse(line).seq)),
    );
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => 105 - seqs.length + index));
    expect(await Promise.all((await readdir(folder)).map((name) => modeOf(join(folder, name))))).toEqual(
      files.map(() => PRIVATE_FILE),
    );
  });

  it('may be one alone, which then begins anew', async () => {
    const folder = await temporaryFolder();
    const sink = jsonLinesSink({ file: join(folder, 'r.jsonl'), maxBytes: 300, maxFiles: 1 });
    for (let seq = 0; seq < 10; seq++) await sink.write([record(seq, 'x')], signal);
    expect(await readdir(folder)).toEqual(['r.jsonl']);
    expect(await seqsIn(join(folder, 'r.jsonl'))).toEqual([9]);
  });

  it('hold a line that is longer than they may be by itself', async () => {
    const folder = await temporaryFolder();
    const sink = jsonLinesSink({ file: join(folder, 'r.jsonl'), maxBytes: 200 });
    await sink.write([record(0, 'a'), record(1, 'x'.repeat(500)), record(2, 'b')], signal);
    expect(await Promise.all(['r.jsonl.2', 'r.jsonl.1', 'r.jsonl'].map((name) => seqsIn(join(folder, name))))).toEqual([
      [0],
      [1],
      [2],
    ]);
  });

  it('lose half a line that a crash left, and nothing else', async () => {
    const file = join(await temporaryFolder(), 'r.jsonl');
    await jsonLinesSink({ file }).write([record(0, 'x'.repeat(100_000))], signal);
    const whole = await readFile(file, 'utf8');
    await writeFile(file, `${whole}{"seq":1,"torn":"${'y'.repeat(100_000)}`);
    await jsonLinesSink({ file }).write([record(2, 'z')], signal);
    expect(await seqsIn(file)).toEqual([0, 2]);
  });

  it('are found again after someone moved them away', async () => {
    const folder = await temporaryFolder();
    const sink = jsonLinesSink({ file: join(folder, 'r.jsonl') });
    await sink.write([record(0, 'x')], signal);
    await rename(join(folder, 'r.jsonl'), join(folder, 'moved'));
    await sink.write([record(1, 'x')], signal);
    expect([await seqsIn(join(folder, 'moved')), await seqsIn(join(folder, 'r.jsonl'))]).toEqual([[0], [1]]);
  });

  it.skipIf(onWindows)('that were open to others are closed to them', async () => {
    const file = join(await temporaryFolder(), 'r.jsonl');
    await writeFile(file, '');
    await chmod(file, 0o644);
    await jsonLinesSink({ file }).write([record(0, 'x')], signal);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(onWindows)('are never reached over a link, nor is a folder or a pipe taken for one', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'target'), 'untouched');
    await symlink(join(folder, 'target'), join(folder, 'link'));
    await mkdir(join(folder, 'folder'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    for (const name of ['link', 'folder', 'pipe']) {
      await expect(jsonLinesSink({ file: join(folder, name) }).write([record(0, 'x')], signal)).rejects.toMatchObject({
        code: 'ERR_IO_FAILED',
      });
    }
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('untouched');
  });

  it.skipIf(onWindows)('that have another name elsewhere are refused', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'target'), 'untouched\n');
    await link(join(folder, 'target'), join(folder, 'r.jsonl'));
    await expect(
      jsonLinesSink({ file: join(folder, 'r.jsonl') }).write([record(0, 'x')], signal),
    ).rejects.toMatchObject({ code: 'ERR_IO_FAILED' });
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('untouched\n');
  });

  it('that cannot be written cost their records with a count, and are tried again', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'blocked/r.jsonl');
    await writeFile(join(folder, 'blocked'), 'in the way');
    await using analytics = createAnalytics({ sinks: [jsonLinesSink({ file })] });
    analytics.track('lost');
    await analytics.flush();
    expect(analytics.stats().sinks[0]).toEqual(
      expect.objectContaining({ delivered: 0, failed: 1, lastError: expect.stringContaining('ERR_IO_FAILED') }),
    );
    await rm(join(folder, 'blocked'));
    analytics.track('kept');
    await analytics.flush();
    expect(await seqsIn(file)).toEqual([1]);
  });

  it('get nothing once the signal has aborted', async () => {
    const file = join(await temporaryFolder(), 'r.jsonl');
    await expect(jsonLinesSink({ file }).write([record(0, 'x')], AbortSignal.abort())).rejects.toMatchObject({
      code: 'ERR_IO_FAILED',
    });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.runIf(process.platform === 'linux')('hold whole lines where a write got only half through', async () => {
    const file = join(await temporaryFolder(), 'r.jsonl');
    // The limit of the process for the size of files stands for a disk that is full: the rest of the write fails.
    const script = `
      import { readFileSync } from 'node:fs';
      import { jsonLinesSink } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../dist/index.js')).href)};
      const record = (seq, length) => ({ seq, time: 0, name: 'tick', source: 'host', attributes: { text: 'x'.repeat(length) }, cut: 0 });
      process.on('SIGXFSZ', () => {});
      const sink = jsonLinesSink({ file: ${JSON.stringify(file)} });
      const write = async (seq, length) => await sink.write([record(seq, length)], new AbortController().signal).then(() => 'ok', ({ code, details }) => code + ' ' + details.errno);
      const isWhole = () => readFileSync(${JSON.stringify(file)}, 'utf8').endsWith('}\\n');
      console.log(await write(0, 3000), await write(1, 3000), isWhole(), await write(2, 100));`;
    await writeFile(join(file, '../script.mjs'), script);
    const shell = ['-c', 'ulimit -f "$1"; exec "$2" "$3"', 'sh', '8', process.execPath, join(file, '../script.mjs')];
    const { stdout } = await promisify(execFile)('sh', shell, { timeout: 15_000 });
    expect([stdout, await seqsIn(file)]).toEqual(['ok ERR_IO_FAILED EFBIG true ok\n', [0, 2]]);
  });
});

async function modeOf(path: string): Promise<number | undefined> {
  return onWindows ? undefined : (await stat(path)).mode & 0o777;
}

async function seqsIn(file: string): Promise<number[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => Number(JSON.parse(line).seq));
}

function record(seq: number, text: string): AnalyticsRecord {
  const identity = { pluginId: undefined, executionId: undefined, traceId: undefined };
  return { seq, time: 0, name: 'tick', source: 'host', ...identity, attributes: { text }, cut: 0 };
}
