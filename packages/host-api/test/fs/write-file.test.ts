import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

describe('fs.writeFile and fs.appendFile', () => {
  it('write text and bytes, and leave nothing else behind', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    expect(await call('fs.writeFile', 'a', 'hällo')).toBeUndefined();
    await call('fs.writeFile', 'b', new Uint8Array([1, 2]));
    await call('fs.writeFile', 'b', new Uint8Array([3]));
    await call('fs.appendFile', 'b', new Uint8Array([4]));
    await call('fs.appendFile', 'c', 'new');
    expect(readdirSync(root).sort()).toEqual(['a', 'b', 'c']);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('hällo');
    expect([...readFileSync(join(root, 'b'))]).toEqual([3, 4]);
    expect(readFileSync(join(root, 'c'), 'utf8')).toBe('new');
  });

  it('write large files whole', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    const bytes = new Uint8Array(3_000_001).map((_, index) => index % 251);
    await call('fs.writeFile', 'large', bytes);
    expect(Buffer.compare(readFileSync(join(root, 'large')), bytes)).toBe(0);
  });

  it('keep permission bits, never setuid or setgid; a new file is 0644', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    writeFileSync(join(root, 'tool'), 'x');
    chmodSync(join(root, 'tool'), 0o6750);
    await call('fs.writeFile', 'tool', 'y');
    await call('fs.writeFile', 'new', 'y');
    expect(statSync(join(root, 'tool')).mode & 0o7777).toBe(0o750);
    expect(statSync(join(root, 'new')).mode & 0o7777).toBe(0o644);
  });

  it('write through no link and onto no second name', async () => {
    const outer = makeFolder();
    const root = join(outer, 'ws');
    mkdirSync(root);
    writeFileSync(join(outer, 'victim'), 'VICTIM');
    symlinkSync('../victim', join(root, 'link'));
    symlinkSync('../made', join(root, 'dangling'));
    symlinkSync('..', join(root, 'up'));
    linkSync(join(outer, 'victim'), join(root, 'hard'));
    const { call } = openHost(root, EVERYTHING);
    for (const name of ['fs.writeFile', 'fs.appendFile']) {
      expect(await outcome(call(name, 'link', 'x'))).toBe('ERR_PERMISSION_DENIED link');
      expect(await outcome(call(name, 'dangling', 'x'))).toBe('ERR_PERMISSION_DENIED link');
      expect(await outcome(call(name, 'up/victim', 'x'))).toBe('ERR_PERMISSION_DENIED link');
      expect(await outcome(call(name, 'hard', 'x'))).toBe('ERR_PERMISSION_DENIED hard-link');
    }
    expect(readFileSync(join(outer, 'victim'), 'utf8')).toBe('VICTIM');
    expect(readdirSync(outer).sort()).toEqual(['victim', 'ws']);
    expect(readdirSync(root).sort()).toEqual(['dangling', 'hard', 'link', 'up']);
  });

  it('are denied where the mode is read, outside, and where nobody may write', async () => {
    const root = makeFolder();
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    const reader = openHost(root, { fs: { mode: 'read', allow: ['.'] } });
    expect(await outcome(reader.call('fs.writeFile', 'a', 'x'))).toBe('ERR_PERMISSION_DENIED read-only');
    const writer = openHost(root, EVERYTHING);
    for (const path of ['.git/hooks/pre-commit', '.env', '.ssh/authorized_keys', 'node_modules/.bin/x']) {
      expect([path, await outcome(writer.call('fs.writeFile', path, 'x'))]).toEqual([
        path,
        'ERR_PERMISSION_DENIED mandatory-deny',
      ]);
    }
    expect(await outcome(writer.call('fs.appendFile', '../x', 'x'))).toBe('ERR_PERMISSION_DENIED outside-root');
    expect(readdirSync(root)).toEqual(['.git']);
  });

  it('refuse directories, FIFOs and malformed data', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'folder'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'fifo')]);
    const { call } = openHost(root, EVERYTHING);
    expect(await outcome(call('fs.writeFile', 'folder', 'x'))).toBe('ERR_IO_FAILED EISDIR');
    expect(await outcome(call('fs.writeFile', '.', 'x'))).toBe('ERR_IO_FAILED EISDIR');
    expect(await outcome(call('fs.writeFile', 'fifo', 'x'))).toBe('ERR_PERMISSION_DENIED special-file');
    expect(await outcome(call('fs.writeFile', 'none/a', 'x'))).toBe('ERR_IO_FAILED ENOENT');
    for (const data of [undefined, 7, ['x'], { length: 1 }]) {
      expect(await outcome(call('fs.writeFile', 'a', data))).toBe('ERR_INVALID_ARGUMENT');
    }
    expect(await outcome(call('fs.writeFile', 'a', 'x', { mode: 0o4777 }))).toBe('ERR_INVALID_ARGUMENT');
    expect(readdirSync(root).sort()).toEqual(['fifo', 'folder']);
  });

  it('keep 100 parallel writes together within the quota, and give back what failed', async () => {
    const root = makeFolder();
    const kilobyte = new Uint8Array(1024);
    const { call, meter } = openHost(root, { ...EVERYTHING, quotas: { maxBytesWritten: 10_240 } });
    const before = countDescriptors();
    expect(await outcome(call('fs.writeFile', 'none/a', kilobyte))).toBe('ERR_IO_FAILED ENOENT');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, n) => outcome(call('fs.writeFile', `${n}`, kilobyte))),
    );
    expect(outcomes.filter((each) => each.startsWith('resolved')).length).toBe(10);
    expect(outcomes.filter((each) => each === 'ERR_QUOTA_EXCEEDED').length).toBe(90);
    expect([meter.used('maxBytesWritten'), meter.used('maxEntriesWritten')]).toEqual([10_240, 10]);
    expect(readdirSync(root).length).toBe(10);
    // The root stays open until the run ends.
    expect(countDescriptors()).toBe(before + 1);
  });

  it('leave the old file, and no other, where a write is aborted', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'old');
    const { api, meter } = openHost(root, EVERYTHING);
    const controller = new AbortController();
    const writing = outcome(api.call('fs.writeFile', ['a', new Uint8Array(8_000_000)], { signal: controller.signal }));
    controller.abort();
    expect(await writing).toBe('ERR_ABORTED');
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['a']);
    expect(meter.used('maxBytesWritten')).toBe(0);
  });
});
