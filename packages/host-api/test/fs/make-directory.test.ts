import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.mkdir', () => {
  it('makes one folder, or with recursive those on the way', async () => {
    const root = makeFolder();
    const { call, meter } = openHost(root, EVERYTHING);
    await call('fs.mkdir', 'a');
    expect(await outcome(call('fs.mkdir', 'a'))).toBe('ERR_IO_FAILED EEXIST');
    expect(await outcome(call('fs.mkdir', 'x/y'))).toBe('ERR_IO_FAILED ENOENT');
    await call('fs.mkdir', 'a/b/c/d', { recursive: true });
    await call('fs.mkdir', 'a/b/c/d', { recursive: true });
    await call('fs.mkdir', '.', { recursive: true });
    expect(statSync(join(root, 'a/b/c/d')).isDirectory()).toBe(true);
    expect(meter.used('maxEntriesWritten')).toBe(4);
  });

  it('makes none where one on the way is denied', async () => {
    const root = makeFolder();
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['a/b', 'c/*/e'] } });
    expect(await outcome(call('fs.mkdir', 'a/b/c', { recursive: true }))).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    const narrow = openHost(root, { fs: { mode: 'readWrite', allow: ['out/deep/**'] } });
    expect(await outcome(narrow.call('fs.mkdir', 'out/deep/x', { recursive: true }))).toBe(
      'ERR_PERMISSION_DENIED not-requested',
    );
    expect(readdirSync(root)).toEqual([]);
  });

  it('asks for none of those that are there', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'out/deep'), { recursive: true });
    const { call, meter } = openHost(root, { fs: { mode: 'readWrite', allow: ['out/deep/**'] } });
    await call('fs.mkdir', 'out/deep/x/y', { recursive: true });
    expect([statSync(join(root, 'out/deep/x/y')).isDirectory(), meter.used('maxEntriesWritten')]).toEqual([true, 2]);
  });

  it('makes nothing through a link or below a file', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'ws'));
    mkdirSync(join(outer, 'out'));
    symlinkSync('../out', join(outer, 'ws/link'));
    writeFileSync(join(outer, 'ws/file'), '');
    const { call } = openHost(join(outer, 'ws'), EVERYTHING);
    expect(await outcome(call('fs.mkdir', 'link/a'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.mkdir', 'link/a/b', { recursive: true }))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.mkdir', 'link', { recursive: true }))).toBe('ERR_IO_FAILED EEXIST');
    expect(await outcome(call('fs.mkdir', 'file/a', { recursive: true }))).toBe('ERR_IO_FAILED ENOTDIR');
    expect(await outcome(call('fs.mkdir', 'file', { recursive: true }))).toBe('ERR_IO_FAILED EEXIST');
    expect(readdirSync(join(outer, 'out'))).toEqual([]);
  });

  it('refuses to make more than the quota, before the first', async () => {
    const root = makeFolder();
    const { call } = openHost(root, { ...EVERYTHING, quotas: { maxEntriesWritten: 2 } });
    expect(await outcome(call('fs.mkdir', 'a/b/c', { recursive: true }))).toBe('ERR_QUOTA_EXCEEDED');
    expect(existsSync(join(root, 'a'))).toBe(false);
    expect(await outcome(call('fs.mkdir', 'a', { mode: 0o777 }))).toBe('ERR_INVALID_ARGUMENT');
  });
});
