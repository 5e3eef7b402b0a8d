import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.remove', () => {
  it('removes a file, an empty directory, and with recursive a tree', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'empty'));
    mkdirSync(join(root, 'tree/a/b'), { recursive: true });
    for (const name of ['file', 'tree/1', 'tree/a/2', 'tree/a/b/3']) writeFileSync(join(root, name), '');
    const { call, meter } = openHost(root, EVERYTHING);
    await call('fs.remove', 'file');
    await call('fs.remove', 'empty');
    expect(await outcome(call('fs.remove', 'tree'))).toBe('ERR_IO_FAILED ENOTEMPTY');
    expect(await outcome(call('fs.remove', 'none'))).toBe('ERR_IO_FAILED ENOENT');
    expect(meter.used('maxEntriesWritten')).toBe(2);
    await call('fs.remove', 'tree', { recursive: true });
    expect(readdirSync(root)).toEqual([]);
    expect(meter.used('maxEntriesWritten')).toBe(8);
  });

  it('deletes nothing where one descendant is denied by a rule or by the built-in list', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'data/private'), { recursive: true });
    mkdirSync(join(root, 'other/deep'), { recursive: true });
    for (const name of ['data/a', 'data/private/key', 'other/a', 'other/deep/.npmrc'])
      writeFileSync(join(root, name), '');
    const spec = { fs: { mode: 'readWrite', allow: ['.'], deny: ['data/private'] } } as const;
    const { call, audits } = openHost(root, spec);
    expect(await outcome(call('fs.remove', 'data', { recursive: true }))).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect(await outcome(call('fs.remove', 'other', { recursive: true }))).toBe('ERR_PERMISSION_DENIED mandatory-deny');
    for (const name of ['data/a', 'data/private/key', 'other/a', 'other/deep/.npmrc']) {
      expect([name, existsSync(join(root, name))]).toEqual([name, true]);
    }
    expect(audits.at(-1)).toMatchObject({ target: 'other/deep/.npmrc', decision: { allowed: false } });
  });

  it('deletes nothing where a glob rule covers a descendant alone', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'x/y'), { recursive: true });
    for (const name of ['x/a', 'x/y/b.pem']) writeFileSync(join(root, name), '');
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['x/?/*.pem', '**/*.pem'] } });
    expect(await outcome(call('fs.remove', 'x', { recursive: true }))).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect([existsSync(join(root, 'x/a')), existsSync(join(root, 'x/y/b.pem'))]).toEqual([true, true]);
  });

  it('unlinks links, and touches nothing that they lead to', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'ws/tree'), { recursive: true });
    mkdirSync(join(outer, 'kept'));
    writeFileSync(join(outer, 'kept/file'), 'kept');
    symlinkSync('../../kept', join(outer, 'ws/tree/folder'));
    symlinkSync('../kept/file', join(outer, 'ws/link'));
    const { call } = openHost(join(outer, 'ws'), EVERYTHING);
    expect(await outcome(call('fs.remove', 'tree/folder/file'))).toBe('ERR_PERMISSION_DENIED link');
    await call('fs.remove', 'link');
    await call('fs.remove', 'tree', { recursive: true });
    expect(readdirSync(join(outer, 'ws'))).toEqual([]);
    expect(readFileSync(join(outer, 'kept/file'), 'utf8')).toBe('kept');
  });

  it('never removes the root', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    expect(await outcome(call('fs.remove', '.', { recursive: true }))).toMatch(
      /^ERR_(PERMISSION_DENIED|INVALID_ARGUMENT)/,
    );
    expect(await outcome(call('fs.remove', 'a/..', { recursive: true }))).toMatch(
      /^ERR_(PERMISSION_DENIED|INVALID_ARGUMENT)/,
    );
    expect(existsSync(root)).toBe(true);
  });

  it('deletes nothing of a tree that is larger than the quota', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'tree'));
    for (let n = 0; n < 20; n += 1) writeFileSync(join(root, `tree/${n}`), '');
    const { call, meter } = openHost(root, { ...EVERYTHING, quotas: { maxEntriesWritten: 20 } });
    expect(await outcome(call('fs.remove', 'tree', { recursive: true }))).toBe('ERR_QUOTA_EXCEEDED');
    expect(readdirSync(join(root, 'tree')).length).toBe(20);
    expect(meter.used('maxEntriesWritten')).toBe(0);
  });

  it('holds few descriptors in a deep tree', async () => {
    const root = makeFolder();
    mkdirSync(join(root, Array.from({ length: 100 }, () => 'd').join('/')), { recursive: true });
    const { call } = openHost(root, EVERYTHING);
    await call('fs.stat', '.');
    const before = countDescriptors();
    await call('fs.remove', 'd', { recursive: true });
    expect(readdirSync(root)).toEqual([]);
    expect(countDescriptors()).toBe(before);
  });
});
