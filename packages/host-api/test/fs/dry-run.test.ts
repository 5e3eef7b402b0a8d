import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { PermissionSpec } from '@kb-labs/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const TERABYTE = 2 ** 40;

function openDry(root: string, spec: PermissionSpec = EVERYTHING, options: object = {}): OpenHost {
  return openHost(root, spec, { dryRun: true, ...options });
}

/** A root with a secret beside it, which no call may reach. */
function makeRun(): { readonly outer: string; readonly root: string } {
  const outer = makeFolder();
  const root = join(outer, 'ws');
  mkdirSync(join(root, 'data'), { recursive: true });
  mkdirSync(join(outer, 'wss'));
  for (const name of ['secret', 'wss/x', 'ws/secret', 'ws/data/a']) writeFileSync(join(outer, name), name);
  return { outer, root };
}

describe('paths in a dry run', () => {
  const writes = ['fs.writeFile', 'fs.appendFile'];
  const grant = { fs: { mode: 'readWrite', allow: ['data'] } } as const;

  it.each([
    ['A01', '../secret', 'ERR_PERMISSION_DENIED'],
    ['A02', 'data/../../secret', 'ERR_PERMISSION_DENIED'],
    ['A05', '../wss/x', 'ERR_PERMISSION_DENIED'],
    ['A07', 'data/a\0.txt', 'ERR_INVALID_ARGUMENT'],
    ['A10', Buffer.from('data/../secret'), 'ERR_INVALID_ARGUMENT'],
    ['A11', { toString: () => 'data/a' }, 'ERR_INVALID_ARGUMENT'],
    ['A13', 'data/\ud800', 'ERR_INVALID_ARGUMENT'],
    ['A14', 'data/'.repeat(5000), 'ERR_INVALID_ARGUMENT'],
    ['A16', '~/.ssh/id_rsa', 'ERR_PERMISSION_DENIED'],
    ['A29', '.git/hooks/pre-commit', 'ERR_PERMISSION_DENIED'],
    ['B16', '/proc/self/fd/3', 'ERR_PERMISSION_DENIED'],
  ])('%s is refused for every call: %s', async (_, path, code) => {
    const { root } = makeRun();
    const { api, call } = openDry(root, grant);
    const calls = [
      ...writes.map((name) => call(name, path, 'x')),
      call('fs.readFile', path),
      call('fs.readDir', path),
      call('fs.stat', path),
      call('fs.mkdir', path, { recursive: true }),
      call('fs.remove', path, { recursive: true }),
      call('fs.rename', path, 'data/b'),
      call('fs.rename', 'data/a', path),
      call('fs.copy', path, 'data/b'),
      call('fs.copy', 'data/a', path),
      call('config.ensureSection', path, { pointer: '/a', value: 1 }),
    ];
    for (const each of calls) expect(await outcome(each)).toMatch(new RegExp(`^${code}`));
    expect(api.denials).toBeGreaterThanOrEqual(typeof path === 'string' ? calls.length : 0);
    expect(await outcome(call('fs.readFile', 'data/a', 'utf8'))).toBe('resolved: "ws/data/a"');
    expect(await outcome(call('fs.stat', 'data/b'))).toBe('ERR_IO_FAILED ENOENT');
  });

  it('A04, A08, A17: are the same file absolute and relative, and literal where they look escaped', async () => {
    const { root } = makeRun();
    const { call } = openDry(root, grant);
    await call('fs.writeFile', join(root, 'data/a'), 'new');
    expect(await call('fs.readFile', './data/a', 'utf8')).toBe('new');
    for (const name of ['%2e%2e', 'x\\..\\..\\secret', '．．']) {
      await call('fs.writeFile', `data/${name}`, 'x');
      expect(await call('fs.readFile', `data/${name}`, 'utf8')).toBe('x');
    }
    expect(readdirSync(join(root, 'data'))).toEqual(['a']);
  });

  it('A25, A26, B23: carry no denied file away, and show none', async () => {
    const { root } = makeRun();
    mkdirSync(join(root, 'data/private'));
    writeFileSync(join(root, 'data/private/key'), 'KEY');
    const { call } = openDry(root, { fs: { mode: 'readWrite', allow: ['.'], deny: ['data/private', 'out/hooks'] } });
    const denied = /^ERR_PERMISSION_DENIED denied-by-rule/;
    expect(await outcome(call('fs.remove', 'data', { recursive: true }))).toMatch(denied);
    expect(await outcome(call('fs.rename', 'data', 'moved'))).toMatch(denied);
    expect(await call('fs.readDir', 'data')).toEqual([{ name: 'a', kind: 'file' }]);
    // What the run itself made is asked about by the same rules.
    await call('fs.mkdir', 'made');
    await call('fs.writeFile', 'made/hooks', 'x');
    expect(await outcome(call('fs.rename', 'made', 'out'))).toMatch(denied);
    expect(await outcome(call('fs.rename', 'made/hooks', 'data/private/b'))).toMatch(denied);
    expect(await call('fs.readFile', 'made/hooks', 'utf8')).toBe('x');
  });
});

describe('links and special files in a dry run', () => {
  it('B01, B02, B04, B05, B08: are not followed, wherever they were moved', async () => {
    const { outer, root } = makeRun();
    mkdirSync(join(root, 'deep/folder'), { recursive: true });
    symlinkSync(join(outer, 'secret'), join(root, 'absolute'));
    symlinkSync('../../../secret', join(root, 'deep/folder/relative'));
    symlinkSync('absolute', join(root, 'chain'));
    symlinkSync('loop', join(root, 'loop'));
    symlinkSync('data', join(root, 'inside'));
    const { call } = openDry(root);
    for (const link of ['absolute', 'deep/folder/relative', 'chain', 'loop', 'inside/a', 'inside']) {
      for (const [name, ...args] of [['fs.readFile'], ['fs.writeFile', 'x'], ['fs.appendFile', 'x']] as const) {
        expect([link, name, await outcome(call(name, link, ...args))]).toEqual([
          link,
          name,
          'ERR_PERMISSION_DENIED link',
        ]);
      }
    }
    await call('fs.rename', 'deep/folder', 'folder');
    expect(await outcome(call('fs.readFile', 'folder/relative'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.rename', 'folder/relative', 'b'))).toBe('ERR_PERMISSION_DENIED link');
    expect(await outcome(call('fs.copy', 'data/a', 'folder/relative'))).toBe('ERR_PERMISSION_DENIED link');
  });

  it('are gone once removed, and what takes their place is a file of the run', async () => {
    const { outer, root } = makeRun();
    symlinkSync('../secret', join(root, 'link'));
    const { call } = openDry(root);
    await call('fs.remove', 'link');
    expect(await outcome(call('fs.readFile', 'link'))).toBe('ERR_IO_FAILED ENOENT');
    await call('fs.writeFile', 'link', 'mine');
    expect(await call('fs.readFile', 'link', 'utf8')).toBe('mine');
    await call('fs.remove', 'link');
    await call('fs.mkdir', 'link/in', { recursive: true });
    expect(await call('fs.readDir', 'link')).toEqual([{ name: 'in', kind: 'directory' }]);
    expect(lstatSync(join(root, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(outer, 'secret'), 'utf8')).toBe('secret');
  });

  it('B13, B14, B17: do not hold the host up', async () => {
    const { root } = makeRun();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    writeFileSync(join(root, 'sparse'), '');
    truncateSync(join(root, 'sparse'), TERABYTE);
    const { call } = openDry(root);
    for (const name of ['fifo', 'socket']) {
      expect(await outcome(call('fs.readFile', name))).toBe('ERR_PERMISSION_DENIED special-file');
      expect(await outcome(call('fs.appendFile', name, 'x'))).toBe('ERR_PERMISSION_DENIED special-file');
      expect(await outcome(call('fs.rename', name, 'b'))).toBe('ERR_PERMISSION_DENIED special-file');
    }
    expect(await outcome(call('fs.readFile', 'sparse'))).toBe('ERR_OUTPUT_EXCEEDED');
    expect(await outcome(call('fs.copy', 'sparse', 'b'))).toBe('ERR_QUOTA_EXCEEDED');
    // What is added stands behind the bytes of the disk, of which none are copied.
    await call('fs.appendFile', 'sparse', 'end');
    await call('fs.rename', 'sparse', 'data/sparse');
    expect(await call('fs.stat', 'data/sparse')).toMatchObject({ size: TERABYTE + 3 });
    expect(statSync(join(root, 'sparse')).size).toBe(TERABYTE);
  });

  it.runIf(process.platform === 'linux')('B20: refuses mount points where it is told to', async () => {
    const { call } = openDry('/dev', { fs: { mode: 'readWrite', allow: ['.'] } }, { sameDevice: true });
    const mount = readFileSync('/proc/self/mounts', 'utf8').includes(' /dev/shm ') ? 'shm' : 'pts';
    expect(await outcome(call('fs.readDir', mount))).toBe('ERR_PERMISSION_DENIED mount-point');
    expect(await outcome(call('fs.rename', mount, 'b'))).toBe('ERR_PERMISSION_DENIED mount-point');
  });

  it('B22: refuse a root that became a link', async () => {
    const { outer, root } = makeRun();
    const { call } = openDry(root);
    renameSync(root, join(outer, 'away'));
    symlinkSync('wss', root);
    expect(await outcome(call('fs.writeFile', 'x', 'x'))).toMatch(/^ERR_PERMISSION_DENIED /);
    expect(await outcome(call('fs.readFile', 'x'))).toMatch(/^ERR_PERMISSION_DENIED /);
  });

  it.runIf(process.platform === 'linux')(
    'B10, B11: give nothing from outside while folders are swapped for links, also after a move',
    // As long as it takes: it is counted what was read, not how fast.
    { timeout: 300_000 },
    async () => {
      const { outer, root } = makeRun();
      for (const folder of ['ws/swap', 'outside']) mkdirSync(join(outer, folder));
      writeFileSync(join(root, 'swap/file'), 'inside');
      writeFileSync(join(outer, 'outside/file'), 'SECRET');
      symlinkSync('../outside', join(root, 'link'));
      const { api } = openDry(root, { ...EVERYTHING, quotas: { maxHostCalls: 1e6, maxBytesRead: 1e9 } });
      const { signal } = new AbortController();
      const call = (name: string, ...args: unknown[]): Promise<unknown> => api.call(name, args, { signal });
      await call('fs.rename', 'swap', 'kept');
      await call('fs.rename', 'kept/file', 'file');
      await call('fs.appendFile', 'file', '!');
      const turn = `const { renameSync: r } = require('node:fs'); process.stdout.write('ready');
        for (;;) { r('swap', 'real'); r('link', 'swap'); r('swap', 'link'); r('real', 'swap'); }`;
      const child = spawn(process.execPath, ['-e', turn], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
      onTestFinished(async () => {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      });
      await once(child.stdout, 'data');
      const others: string[] = [];
      for (let inside = 0; inside < 3_000 && others.length === 0;) {
        const got = await outcome(call('fs.readFile', 'file', 'utf8'));
        if (got === 'resolved: "inside!"') inside += 1;
        else if (!/^ERR_(?:PERMISSION_DENIED link|IO_FAILED)/.test(got)) others.push(got);
        await outcome(call('fs.writeFile', 'kept/file', 'x'));
        await outcome(call('fs.remove', 'kept/file'));
      }
      expect(others).toEqual([]);
      expect([readdirSync(join(outer, 'outside')), readFileSync(join(outer, 'outside/file'), 'utf8')]).toEqual([
        ['file'],
        'SECRET',
      ]);
    },
  );
});

describe('quotas in a dry run', () => {
  it('P01: hold for 100 writes at once', async () => {
    const { root } = makeRun();
    const { call, meter } = openDry(root, { ...EVERYTHING, quotas: { maxBytesWritten: 10_240 } });
    const kilobyte = new Uint8Array(1024);
    const writes = Array.from({ length: 100 }, (_, n) => outcome(call('fs.writeFile', `${n}`, kilobyte)));
    const outcomes = await Promise.all(writes);
    expect(outcomes.filter((each) => each.startsWith('resolved')).length).toBe(10);
    expect(outcomes.filter((each) => each === 'ERR_QUOTA_EXCEEDED').length).toBe(90);
    expect([meter.used('maxBytesWritten'), meter.used('maxEntriesWritten')]).toEqual([10_240, 10]);
  });

  it('P02: come back where a call failed or was aborted, and nothing is seen of it', async () => {
    const { root } = makeRun();
    const { api, call, meter } = openDry(root);
    const controller = new AbortController();
    const { signal } = controller;
    const writing = outcome(api.call('fs.writeFile', ['data/a', new Uint8Array(8_000_000)], { signal }));
    controller.abort();
    expect(await writing).toBe('ERR_ABORTED');
    expect(await outcome(call('fs.writeFile', 'none/a', 'x'))).toBe('ERR_IO_FAILED ENOENT');
    expect([meter.used('maxBytesWritten'), meter.used('maxEntriesWritten')]).toEqual([0, 0]);
    expect(await call('fs.readFile', 'data/a', 'utf8')).toBe('ws/data/a');
    expect(await call('fs.readDir', 'data')).toEqual([{ name: 'a', kind: 'file' }]);
  });

  it('P04: and what was changed are each run’s own, unless a meter is shared', async () => {
    const { root } = makeRun();
    const first = openDry(root, { ...EVERYTHING, quotas: { maxEntriesWritten: 1 } });
    const second = openDry(root, EVERYTHING, { meter: first.meter });
    await first.call('fs.remove', 'data/a');
    expect(await outcome(first.call('fs.stat', 'data/a'))).toBe('ERR_IO_FAILED ENOENT');
    expect(await second.call('fs.readFile', 'data/a', 'utf8')).toBe('ws/data/a');
    expect(await outcome(second.call('fs.mkdir', 'x'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(existsSync(join(root, 'data/a'))).toBe(true);
  });

  it('P05: take no number for what it is not', async () => {
    const { root } = makeRun();
    const { call } = openDry(root);
    for (const data of [-1, Number.NaN, Infinity, 2 ** 53, { length: 1 }, { byteLength: -1 }]) {
      expect(await outcome(call('fs.writeFile', 'a', data))).toBe('ERR_INVALID_ARGUMENT');
    }
    expect(await outcome(call('fs.stat', 'a'))).toBe('ERR_IO_FAILED ENOENT');
  });
});

describe('what a dry run keeps', () => {
  it('is a copy of what was written', async () => {
    const { root } = makeRun();
    const { call } = openDry(root);
    const bytes = new Uint8Array([1, 2, 3]);
    await call('fs.writeFile', 'b', bytes);
    await call('fs.appendFile', 'b', bytes);
    bytes.fill(9);
    expect(await call('fs.readFile', 'b')).toEqual(new Uint8Array([1, 2, 3, 1, 2, 3]));
  });

  it('lies over a disk on which others go on working', async () => {
    const { root } = makeRun();
    const { call } = openDry(root);
    await call('fs.writeFile', 'data/mine', 'mine');
    writeFileSync(join(root, 'data/theirs'), 'theirs');
    rmSync(join(root, 'data/a'));
    expect(await call('fs.glob', 'data/**')).toEqual(['data/mine', 'data/theirs']);
    await call('fs.rename', 'data/theirs', 'moved');
    rmSync(join(root, 'data/theirs'));
    expect(await outcome(call('fs.readFile', 'moved'))).toBe('ERR_IO_FAILED ENOENT');
  });

  it('reads files of many pieces, small and large, as they were put together', async () => {
    const { root } = makeRun();
    const { call } = openDry(root);
    const large = new Uint8Array(2_500_000).map((_, index) => index % 251);
    writeFileSync(join(root, 'data/a'), large);
    for (const piece of [large.subarray(0, 70_000), 'x', large]) await call('fs.appendFile', 'data/a', piece);
    const whole = Buffer.concat([large, large.subarray(0, 70_000), Buffer.from('x'), large]);
    await call('fs.copy', 'data/a', 'copy');
    for (const path of ['data/a', 'copy']) {
      const read: unknown = await call('fs.readFile', path);
      expect(read instanceof Uint8Array && Buffer.compare(read, whole)).toBe(0);
    }
    expect(statSync(join(root, 'data/a')).size).toBe(large.byteLength);
  });

  it('leaves no descriptor open but the root', async () => {
    const { root } = makeRun();
    const before = countDescriptors();
    const { api, call } = openDry(root);
    await call('fs.rename', 'data/a', 'b');
    for (const path of ['b', 'data', 'none/x']) {
      await outcome(call('fs.readFile', path));
      await outcome(call('fs.appendFile', path, 'x'));
      await outcome(call('fs.readDir', path));
    }
    expect(countDescriptors()).toBe(before + 1);
    await api[Symbol.asyncDispose]();
    expect(countDescriptors()).toBe(before);
  });

  it.skipIf(process.getuid?.() === 0)('is refused where the host itself may not write', async () => {
    const { root } = makeRun();
    chmodSync(join(root, 'data/a'), 0o444);
    chmodSync(join(root, 'data'), 0o555);
    onTestFinished(() => chmodSync(join(root, 'data'), 0o755));
    const { call } = openDry(root);
    for (const [name, ...args] of [
      ['fs.writeFile', 'data/b', 'x'],
      ['fs.writeFile', 'data/a', 'x'],
      ['fs.appendFile', 'data/a', 'x'],
      ['fs.mkdir', 'data/b'],
      ['fs.remove', 'data/a'],
      ['fs.rename', 'data/a', 'b'],
    ] as const) {
      expect([name, await outcome(call(name, ...args))]).toEqual([name, 'ERR_IO_FAILED EACCES']);
    }
  });
});
