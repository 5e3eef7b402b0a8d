import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.copy', () => {
  it('copies a file whole, and counts its bytes at both ends', async () => {
    const root = makeFolder();
    const bytes = new Uint8Array(2_500_000).map((_, index) => index % 251);
    writeFileSync(join(root, 'a'), bytes);
    chmodSync(join(root, 'a'), 0o4755);
    const { call, meter } = openHost(root, EVERYTHING, { maxMessageBytes: 10 });
    await call('fs.stat', '.');
    const before = countDescriptors();
    await call('fs.copy', 'a', 'b');
    expect(Buffer.compare(readFileSync(join(root, 'b')), bytes)).toBe(0);
    expect(statSync(join(root, 'b')).mode & 0o7777).toBe(0o644);
    expect([meter.used('maxBytesRead'), meter.used('maxBytesWritten')]).toEqual([2_500_000, 2_500_000]);
    expect(countDescriptors()).toBe(before);
  });

  it('needs to read one end and to write the other', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'mine'));
    for (const name of ['mine/a', 'secret']) writeFileSync(join(root, name), name);
    symlinkSync('../secret', join(root, 'mine/link'));
    const { call } = openHost(root, { fs: { mode: 'readWrite', allow: ['mine'] } });
    expect(await outcome(call('fs.copy', 'secret', 'mine/b'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.copy', 'mine/a', 'b'))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(await outcome(call('fs.copy', 'mine/link', 'mine/b'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.copy', 'mine/a', 'mine/link'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.copy', 'mine', 'mine/b'))).toBe('ERR_IO_FAILED EISDIR');
    expect(readdirSync(join(root, 'mine')).sort()).toEqual(['a', 'link']);
  });

  it('gives back what it reserved where it fails', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), '0123456789');
    const { call, meter } = openHost(root, { ...EVERYTHING, quotas: { maxBytesWritten: 15, maxBytesRead: 100 } });
    expect(await outcome(call('fs.copy', 'a', 'none/b'))).toBe('ERR_IO_FAILED ENOENT');
    await call('fs.copy', 'a', 'b');
    expect(await outcome(call('fs.copy', 'a', 'c'))).toBe('ERR_QUOTA_EXCEEDED');
    expect([meter.used('maxBytesRead'), meter.used('maxBytesWritten')]).toEqual([10, 10]);
    expect(readdirSync(root).sort()).toEqual(['a', 'b']);
  });
});
