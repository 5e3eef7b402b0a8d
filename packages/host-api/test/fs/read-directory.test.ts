import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.readDir', () => {
  it('lists names and kinds, sorted, without those that are denied', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'sub'));
    mkdirSync(join(root, 'private'));
    for (const name of ['b', 'a', '.env', 'key.pem', 'line\nbreak']) writeFileSync(join(root, name), '');
    symlinkSync('a', join(root, 'link'));
    const { call } = openHost(root, { fs: { mode: 'read', allow: ['.'], deny: ['private', '*.pem'] } });
    expect(await call('fs.readDir', '.')).toEqual([
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'file' },
      { name: 'link', kind: 'other' },
      { name: 'sub', kind: 'directory' },
    ]);
  });

  it('lists no file, no link and nothing outside', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'file'), '');
    symlinkSync('/etc', join(root, 'link'));
    const { call } = openHost(root, EVERYTHING);
    expect(await outcome(call('fs.readDir', 'file'))).toBe('ERR_IO_FAILED ENOTDIR');
    expect(await outcome(call('fs.readDir', 'none'))).toBe('ERR_IO_FAILED ENOENT');
    expect(await outcome(call('fs.readDir', 'link'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.readDir', '..'))).toBe('ERR_PERMISSION_DENIED outside-root');
    expect(await outcome(call('fs.readDir', '.', { withFileTypes: true }))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('ends at the quota and at the size of one answer', async () => {
    const root = makeFolder();
    for (let n = 0; n < 30; n += 1) writeFileSync(join(root, `${n}`), '');
    const tight = openHost(root, { ...EVERYTHING, quotas: { maxEntriesRead: 29 } });
    expect(await outcome(tight.call('fs.readDir', '.'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(tight.meter.used('maxEntriesRead')).toBe(0);
    const small = openHost(root, EVERYTHING, { maxMessageBytes: 1_000 });
    expect(await outcome(small.call('fs.readDir', '.'))).toBe('ERR_OUTPUT_EXCEEDED');
    const before = countDescriptors();
    const { call, meter } = openHost(root, EVERYTHING);
    await call('fs.readDir', '.');
    expect(meter.used('maxEntriesRead')).toBe(30);
    expect(countDescriptors()).toBe(before + 1);
  });
});

describe('fs.stat', () => {
  it('tells kind, size and time, and of a link that it is one', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'file'), '12345');
    utimesSync(join(root, 'file'), 1_700_000_000, 1_700_000_000);
    symlinkSync('/etc/passwd', join(root, 'link'));
    const { call } = openHost(root, EVERYTHING);
    const modifiedAt = new Date(1_700_000_000_000);
    expect(await call('fs.stat', 'file')).toEqual({ kind: 'file', size: 5, modifiedAt });
    expect(await call('fs.stat', 'link')).toMatchObject({ kind: 'other', size: 0 });
    expect(await call('fs.stat', '.')).toMatchObject({ kind: 'directory', size: 0 });
    expect(await outcome(call('fs.stat', 'link/x'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.stat', 'file/x'))).toBe('ERR_IO_FAILED ENOTDIR');
  });
});
