import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome, text } from '../open-host.js';

describe('fs.readFile', () => {
  const grant = { fs: { mode: 'read', allow: ['data/**'] } } as const;

  function makeRun(): { readonly root: string } & ReturnType<typeof openHost> {
    const outer = makeFolder();
    const root = join(outer, 'ws');
    mkdirSync(join(root, 'data/sub'), { recursive: true });
    mkdirSync(join(outer, 'wss'));
    writeFileSync(join(outer, 'secret'), 'SECRET');
    writeFileSync(join(outer, 'wss/x'), 'SECRET');
    writeFileSync(join(root, 'secret'), 'SECRET');
    writeFileSync(join(root, 'data/a'), 'hällo');
    return { root, ...openHost(root, grant) };
  }

  it('gives bytes, or text where an encoding is named', async () => {
    const { call, root } = makeRun();
    expect(text(await call('fs.readFile', 'data/a'))).toBe('hällo');
    expect(await call('fs.readFile', 'data/a', {})).toEqual(new TextEncoder().encode('hällo'));
    expect(await call('fs.readFile', './data//sub/../a', 'utf8')).toBe('hällo');
    expect(await call('fs.readFile', join(root, 'data/a'), { encoding: 'utf8' })).toBe('hällo');
  });

  it.each([
    '../secret',
    'data/../../secret',
    'data/../secret',
    'secret',
    '../wss/x',
    '/etc/passwd',
    '/proc/self/fd/3',
    '/dev/fd/3',
    '/dev/zero',
    '~/.ssh/id_rsa',
    '$HOME/x',
    '%USERPROFILE%',
    '．．/secret',
    'data',
  ])('denies %s before the disk is touched', async (path) => {
    const { call } = makeRun();
    expect(await outcome(call('fs.readFile', path))).toMatch(/^ERR_PERMISSION_DENIED /);
  });

  it('takes escapes and backslashes for what they are: parts of names', async () => {
    const { call } = makeRun();
    expect(await outcome(call('fs.readFile', 'data/%2e%2e/secret'))).toBe('ERR_IO_FAILED ENOENT');
    expect(await outcome(call('fs.readFile', 'data/..\\..\\secret'))).toBe('ERR_IO_FAILED ENOENT');
  });

  it.each([
    ['NUL', 'data/a\0.txt'],
    ['half a character', 'data/\ud800'],
    ['10 000 characters', 'a'.repeat(10_000)],
    ['nothing', ''],
    ['bytes', new TextEncoder().encode('../secret')],
    ['a URL', new URL('file:///etc/passwd')],
    ['a number', 3],
    ['undefined', undefined],
    ['an array', ['data/a']],
  ])('takes no path of %s', async (_, path) => {
    const { call } = makeRun();
    expect(await outcome(call('fs.readFile', path))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('never asks an object for its text', async () => {
    const { call } = makeRun();
    let asked = 0;
    const path = { toString: () => (asked++ === 0 ? 'data/a' : '../secret') };
    expect(await outcome(call('fs.readFile', path))).toBe('ERR_INVALID_ARGUMENT');
    expect(asked).toBe(0);
  });

  it.each([[{ encoding: 'latin1' }], [{ flag: 'w' }], ['hex'], [null]])('refuses the options %j', async (options) => {
    const { call } = makeRun();
    expect(await outcome(call('fs.readFile', 'data/a', options))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('tells of a directory and of a missing file by code, with no path of the host', async () => {
    const { call, root } = makeRun();
    for (const [path, errno] of [
      ['data/sub', 'EISDIR'],
      ['data/none', 'ENOENT'],
      ['data/a/b', 'ENOTDIR'],
    ]) {
      const error: unknown = await call('fs.readFile', path).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'ERR_IO_FAILED', details: { errno, path } });
      expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(root);
    }
  });

  it('says the same of what is outside whether it exists or not', async () => {
    const { call } = makeRun();
    const [there, gone] = await Promise.all([
      outcome(call('fs.readFile', 'secret')),
      outcome(call('fs.readFile', 'none')),
    ]);
    expect(there).toBe(gone);
  });

  it('follows no link: absolute, relative, in a chain, in a loop, inside the grant, or to a folder', async () => {
    const { call, root, api } = makeRun();
    const data = join(root, 'data');
    symlinkSync(join(root, 'secret'), join(data, 'absolute'));
    symlinkSync('../secret', join(data, 'relative'));
    symlinkSync('absolute', join(data, 'chain'));
    symlinkSync('loop', join(data, 'loop'));
    symlinkSync('a', join(data, 'inside'));
    symlinkSync('/etc', join(data, 'folder'));
    symlinkSync('/proc/self/root', join(data, 'magic'));
    for (const name of ['absolute', 'relative', 'chain', 'loop', 'inside', 'folder/passwd', 'magic/etc/passwd']) {
      expect([name, await outcome(call('fs.readFile', `data/${name}`))]).toEqual([name, 'ERR_PERMISSION_DENIED link']);
    }
    expect(api.denials).toBe(7);
  });

  it('refuses FIFOs and sockets, and waits for nobody at their other end', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    onTestFinished(() => void server.close());
    expect(await outcome(call('fs.readFile', 'fifo'))).toBe('ERR_PERMISSION_DENIED special-file');
    expect(await outcome(call('fs.appendFile', 'fifo', 'x'))).toBe('ERR_PERMISSION_DENIED special-file');
    expect(await outcome(call('fs.readFile', 'socket'))).toBe('ERR_PERMISSION_DENIED special-file');
  });

  it.runIf(existsSync('/dev/zero'))('refuses devices below a root that has them', async () => {
    const { call } = openHost('/dev', { fs: { mode: 'readWrite', allow: ['zero', 'null'] } });
    expect(await outcome(call('fs.readFile', 'zero'))).toBe('ERR_PERMISSION_DENIED special-file');
    expect(await outcome(call('fs.writeFile', 'null', 'x'))).toBe('ERR_PERMISSION_DENIED special-file');
  });

  it('reads through no descriptor of the host, even below a root that holds them', async () => {
    const root = `/proc/${process.pid}`;
    const { call } = openHost(root, { fs: { mode: 'read', allow: ['fd', 'root', 'cwd', 'exe'] } });
    for (const path of ['fd/0', 'root/etc/passwd', 'cwd/package.json', 'exe']) {
      expect([path, await outcome(call('fs.readFile', path))]).toEqual([path, 'ERR_PERMISSION_DENIED link']);
    }
  });

  it('reads a file that lies about its size, as those of /proc do', async () => {
    const { call } = openHost('/proc', { fs: { mode: 'read', allow: ['version'] } });
    expect(await call('fs.readFile', 'version', 'utf8')).toMatch(/^Linux/);
  });

  it('ends at the size of one answer, by what the file says and by what it gives', async () => {
    const { call, root, meter } = makeRun();
    truncateSync(join(root, 'data/a'), 1024 ** 4);
    expect(await outcome(call('fs.readFile', 'data/a'))).toBe('ERR_OUTPUT_EXCEEDED');
    expect(meter.used('maxBytesRead')).toBe(0);
    const small = openHost('/proc', { fs: { mode: 'read', allow: ['cpuinfo'] } }, { maxMessageBytes: 100 });
    expect(await outcome(small.call('fs.readFile', 'cpuinfo'))).toBe('ERR_OUTPUT_EXCEEDED');
  });

  it('charges what was read, and nothing for what failed', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'ten'), '0123456789');
    const { call, meter } = openHost(root, { ...EVERYTHING, quotas: { maxBytesRead: 25 } });
    expect(await outcome(call('fs.readFile', 'none'))).toBe('ERR_IO_FAILED ENOENT');
    expect(meter.used('maxBytesRead')).toBe(0);
    await call('fs.readFile', 'ten');
    await call('fs.readFile', 'ten');
    expect(await outcome(call('fs.readFile', 'ten'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(meter.used('maxBytesRead')).toBe(20);
  });

  it('reads files of every size as they are', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING);
    for (const size of [0, 1, 65_535, 65_536, 1_048_575, 1_048_576, 3_000_000]) {
      const bytes = new Uint8Array(size).map((_, index) => index % 251);
      writeFileSync(join(root, 'file'), bytes);
      const got = await call('fs.readFile', 'file');
      expect([size, got instanceof Uint8Array && Buffer.compare(got, bytes)]).toEqual([size, 0]);
    }
  });

  it('reads a file with a second name', async () => {
    const { call, root } = makeRun();
    linkSync(join(root, 'data/a'), join(root, 'data/b'));
    expect(await call('fs.readFile', 'data/b', 'utf8')).toBe('hällo');
  });

  it('refuses a root that has become a link, or that never was a real folder', async () => {
    const outer = makeFolder();
    mkdirSync(join(outer, 'real'));
    writeFileSync(join(outer, 'real/a'), 'a');
    const late = openHost(join(outer, 'late'), EVERYTHING);
    symlinkSync('real', join(outer, 'late'));
    expect(await outcome(late.call('fs.readFile', 'a'))).toBe('ERR_PERMISSION_DENIED link');
    symlinkSync('.', join(outer, 'self'));
    const indirect = openHost(join(outer, 'self/real'), EVERYTHING);
    expect(await outcome(indirect.call('fs.readFile', 'a'))).toBe('ERR_PERMISSION_DENIED root-moved');
  });

  it('gets nowhere with any path that fast-check can think of', async () => {
    const { call, api } = makeRun();
    await call('fs.readFile', 'data/a');
    const before = countDescriptors();
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      'data',
      'a',
      'sub',
      'secret',
      '/',
      '\\',
      '\0',
      '%2e%2e',
      '~',
      'ws',
      '...',
      '\u202e',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.constantFrom('/', '//', '\\', ''), async (parts, joint) => {
        const got = await outcome(call('fs.readFile', parts.join(joint), 'utf8'));
        expect(got).not.toContain('SECRET');
      }),
      { seed: 1, numRuns: 2_000 },
    );
    expect(countDescriptors()).toBe(before);
    expect(api.denials).toBeGreaterThan(100);
  });
});
