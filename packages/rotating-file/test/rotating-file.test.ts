import { execFile } from 'node:child_process';
import { link, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { RotatingFile } from '../src/index.js';

const base = await mkdtemp(join(tmpdir(), 'rotating-'));
const { signal } = new AbortController();
const limits = { maxBytes: 1000, maxFiles: 3 };
const lines = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(`${text}\n`));
const folder = (): Promise<string> => mkdtemp(join(base, 'f-'));

afterAll(() => rm(base, { recursive: true }));

describe('a rotating file', () => {
  it('has whole lines in their order, in a folder that it made', async () => {
    const file = join(await folder(), 'made/lines');
    const rotating = new RotatingFile(file, limits);
    await rotating.append(lines('a', 'b'), signal);
    await rotating.append(lines('c'), signal);
    expect(await readFile(file, 'utf8')).toBe('a\nb\nc\n');
  });

  it.skipIf(process.platform === 'win32')('is for its owner alone, also where it was not', async () => {
    const file = join(await folder(), 'lines');
    await writeFile(file, '', { mode: 0o644 });
    await new RotatingFile(file, limits).append(lines('a'), signal);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('rotates between lines, and keeps so many', async () => {
    const file = join(await folder(), 'lines');
    const rotating = new RotatingFile(file, { maxBytes: 4, maxFiles: 2 });
    await rotating.append(lines('a', 'b', 'c', 'd', 'long line', 'e'), signal);
    expect([await readFile(file, 'utf8'), await readFile(`${file}.1`, 'utf8')]).toEqual(['e\n', 'long line\n']);
    expect(await readdir(join(file, '..'))).toEqual(['lines', 'lines.1']);
  });

  it.each([{ maxFiles: 0 }, { maxFiles: 1.5 }, { maxBytes: 0 }, { maxBytes: Number.NaN }])('refuses %o', (wrong) => {
    expect(() => new RotatingFile('lines', { ...limits, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: `/${Object.keys(wrong)[0] ?? ''}` } }),
    );
  });

  it('keeps one file where it may have no more', async () => {
    const file = join(await folder(), 'lines');
    await new RotatingFile(file, { maxBytes: 4, maxFiles: 1 }).append(lines('a', 'b', 'c'), signal);
    expect([await readdir(join(file, '..')), await readFile(file, 'utf8')]).toEqual([['lines'], 'c\n']);
  });

  it('cuts off half a line that a crash left', async () => {
    const file = join(await folder(), 'lines');
    await writeFile(file, 'a\nhalf');
    await new RotatingFile(file, limits).append(lines('b'), signal);
    expect(await readFile(file, 'utf8')).toBe('a\nb\n');
  });

  it('follows no link, and writes to no file with another name', async () => {
    const at = await folder();
    await writeFile(join(at, 'target'), 'untouched');
    await symlink(join(at, 'target'), join(at, 'link'));
    await link(join(at, 'target'), join(at, 'hard'));
    for (const name of ['link', 'hard']) {
      const rotating = new RotatingFile(join(at, name), limits);
      await expect(rotating.append(lines('x'), signal)).rejects.toMatchObject({ code: 'ERR_IO_FAILED' });
      await expect(rotating.probe()).rejects.toMatchObject({ code: 'ERR_IO_FAILED' });
    }
    expect(await readFile(join(at, 'target'), 'utf8')).toBe('untouched');
  });
});

describe('a probe', () => {
  it('leaves the file as it was, and is no hindrance to the next line', async () => {
    const file = join(await folder(), 'lines');
    const rotating = new RotatingFile(file, limits);
    await rotating.append(lines('a'), signal);
    await rotating.probe();
    expect(await readFile(file, 'utf8')).toBe('a\n');
    await rotating.append(lines('b'), signal);
    expect(await readFile(file, 'utf8')).toBe('a\nb\n');
  });

  it('makes the folder once, and tells when it was taken away', async () => {
    const at = join(await folder(), 'gone');
    const rotating = new RotatingFile(join(at, 'lines'), limits);
    await rotating.probe();
    await rename(at, `${at}-moved`);
    await expect(rotating.probe()).rejects.toMatchObject({
      code: 'ERR_IO_FAILED',
      details: expect.objectContaining({ errno: 'ENOENT' }),
    });
    await expect(rotating.append(lines('a'), signal)).rejects.toMatchObject({ code: 'ERR_IO_FAILED' });
    await rename(`${at}-moved`, at);
    await rotating.probe();
  });

  it.skipIf(process.platform !== 'linux')('tells that there is no room, and leaves what there is', async () => {
    const file = join(await folder(), 'lines');
    const rotating = new RotatingFile(file, { maxBytes: 100_000, maxFiles: 1 });
    await rotating.append(lines('a'.repeat(6000)), signal);
    // The system ends a process at a size limit unless it listens.
    const onLimit = (): void => undefined;
    process.on('SIGXFSZ', onLimit);
    await limitFileSize('8192');
    try {
      await expect(rotating.probe()).rejects.toMatchObject({
        code: 'ERR_IO_FAILED',
        details: expect.objectContaining({ errno: 'EFBIG' }),
      });
    } finally {
      await limitFileSize('unlimited');
      process.off('SIGXFSZ', onLimit);
    }
    expect((await stat(file)).size).toBe(6001);
    await rotating.probe();
  });
});

/** Sets how large a file this process may write: the soft limit alone, so that it can be lifted again. */
async function limitFileSize(bytes: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}
