import { appendFileSync, fstatSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { compilePolicy, createQuotaMeter } from '@kb-labs/permissions';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDiskFile } from '../../src/fs/disk-file.js';
import type { OpenFile } from '../../src/fs/open-directory.js';
import { createSmallReader } from '../../src/fs/small-reader.js';
import { EVERYTHING, makeFolder, openHost } from '../open-host.js';

const SMALL_BYTES = 16_384;
const context = { signal: new AbortController().signal, closing: new AbortController().signal };

function makeReader(maxBytesRead = 1e6) {
  const root = makeFolder();
  const { quotas } = compilePolicy({ fs: { mode: 'read', allow: ['.'] } }, { root });
  const meter = createQuotaMeter({ ...quotas, maxBytesRead });
  return { root, meter, read: createSmallReader({ meter, maxBytes: 1e6 }) };
}

function open(path: string): OpenFile {
  const fd = openSync(path, 'r');
  const file = openDiskFile(fd, fstatSync(fd, { bigint: true }));
  onTestFinished(() => file[Symbol.dispose]());
  return file;
}

describe('the reader of small files', () => {
  it('gives what a file holds and no more, whatever the one before it held', () => {
    const { root, read, meter } = makeReader();
    const path = join(root, 'file');
    let bytes = 0;
    for (const size of [SMALL_BYTES - 1, 1, 500, 3]) {
      const content = Buffer.alloc(size, String(size));
      writeFileSync(path, content);
      expect(read(open(path), context)).toEqual(new Uint8Array(content));
      expect(meter.used('maxBytesRead')).toBe((bytes += size));
    }
  });

  it.each([0, SMALL_BYTES, SMALL_BYTES + 1])('leaves a file of %d bytes to others, uncharged', (size) => {
    const { root, read, meter } = makeReader();
    writeFileSync(join(root, 'file'), Buffer.alloc(size));
    expect([read(open(join(root, 'file')), context), meter.used('maxBytesRead')]).toEqual([undefined, 0]);
  });

  it.each([
    ['grew', (path: string) => appendFileSync(path, 'more')],
    ['was cut short', (path: string) => truncateSync(path, 2)],
    ['was emptied', (path: string) => truncateSync(path, 0)],
  ])('leaves one that %s since it was opened to others, who read it from its beginning', async (_, change) => {
    const { root, read, meter } = makeReader();
    const path = join(root, 'file');
    writeFileSync(path, 'content');
    const file = open(path);
    change(path);
    expect([read(file, context), meter.used('maxBytesRead')]).toEqual([undefined, 0]);
    const into = new Uint8Array(100);
    expect(Buffer.from(into.subarray(0, await file.read(into)))).toEqual(readFileSync(path));
  });

  it('charges before it reads, and gives back what it could not read', () => {
    const { root, read, meter } = makeReader(10);
    writeFileSync(join(root, 'file'), 'eleven char');
    expect(() => read(open(join(root, 'file')), context)).toThrow(
      expect.objectContaining({ code: 'ERR_QUOTA_EXCEEDED' }),
    );
    mkdirSync(join(root, 'folder'));
    const stats = { ...open(join(root, 'file')).stats, size: 5n };
    const folder = openDiskFile(openSync(join(root, 'folder'), 'r'), stats);
    expect(() => read(folder, context)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    folder[Symbol.dispose]();
    expect(meter.used('maxBytesRead')).toBe(0);
  });

  it.each([
    ['signal', 'ERR_ABORTED'],
    ['closing', 'ERR_PERMISSION_DENIED'],
  ])('reads nothing once its %s has gone', (name, code) => {
    const { root, read } = makeReader();
    writeFileSync(join(root, 'file'), 'content');
    const stopped = { ...context, [name]: AbortSignal.abort() };
    expect(() => read(open(join(root, 'file')), stopped)).toThrow(expect.objectContaining({ code }));
  });
});

describe('many reads at once', () => {
  it('give each its own content in memory of its own, like reads one after the other', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    const size = fc.oneof(fc.nat(2_000), fc.integer({ min: SMALL_BYTES - 2, max: SMALL_BYTES + 2 }), fc.nat(70_000));
    const files = fc.array(fc.record({ size, asText: fc.boolean() }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(files, async (wanted) => {
        const contents = wanted.map((each, index) => Buffer.alloc(each.size, `${index}ä.`));
        for (const [index, content] of contents.entries()) writeFileSync(join(root, `f${index}`), content);
        const got = await Promise.all(
          wanted.map(({ asText }, at) => call('fs.readFile', `f${at}`, asText ? 'utf8' : {})),
        );
        const read = got.map((each) => (each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each));
        expect(read).toEqual(
          contents.map((content, at) => content.toString(wanted[at]?.asText === true ? 'utf8' : 'latin1')),
        );
        const memories = got.flatMap((each) => (each instanceof Uint8Array ? [each.buffer] : []));
        expect(new Set(memories).size).toBe(memories.length);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('give nothing of a file that was read before, not even behind the bytes', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    writeFileSync(join(root, 'secret'), 'SECRET'.repeat(1_000));
    writeFileSync(join(root, 'public'), 'public');
    await call('fs.readFile', 'secret');
    const read = await call('fs.readFile', 'public');
    expect(read instanceof Uint8Array && Buffer.from(read.buffer).includes('SECRET')).toBe(false);
    expect(await call('fs.readFile', 'public', 'utf8')).toBe('public');
  });
});
