import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { probeWall } from '../../src/fork/wall.js';
import type { CommandProbe } from '../../src/fork/command-wall.js';
import { startFenced } from '../../src/fork/command-wall.js';
import { createCommandWall } from '../../src/index.js';
import type { CommandEnd, CommandPlan, CommandView, CommandWall } from '../../src/index.js';

const probe = await probeWall();
const hasWall = probe.works;
const ENV = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kb-command-')));
  folders.push(folder);
  return folder;
}

interface Outcome extends CommandEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly confinedBy: string | undefined;
}

type Changes = Partial<CommandPlan>;

async function run(wall: CommandWall, plan: Omit<CommandPlan, 'fd'>): Promise<Outcome> {
  const fd = openSync(plan.command, 'r');
  try {
    const started = await wall.start({ ...plan, fd });
    started.stdin.end();
    const [stdout, stderr, end] = await Promise.all([text(started.stdout), text(started.stderr), started.ended]);
    return { ...end, stdout, stderr, confinedBy: started.confinedBy };
  } finally {
    closeSync(fd);
  }
}

/** What a bubblewrap before 0.10 would be found to do. */
function oldProbe(): Extract<CommandProbe, { readonly works: true }> {
  assert(probe.works);
  const { bwrap } = probe.wall;
  return {
    works: true,
    bwrap,
    version: '0.8.0',
    traits: { bindsDescriptors: false, filters: false },
    seccomp: undefined,
  };
}

/** What a shell behind the wall would do: the strongest command that there is. */
function sh(root: string, script: string, changes: Changes = {}): Omit<CommandPlan, 'fd'> {
  return {
    command: realpathSync('/bin/sh'),
    args: ['-c', script],
    env: ENV,
    cwd: root,
    views: [{ path: root, kind: 'directory', access: 'read' }],
    readable: [],
    script: false,
    ...changes,
  };
}

/** Resolves once no process has this word in its command line. */
async function untilGone(word: string): Promise<boolean> {
  const alive = (): boolean =>
    readdirSync('/proc').some((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
      } catch {
        return false;
      }
    });
  const deadline = performance.now() + 5000;
  while (alive()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return true;
}

describe.runIf(hasWall)('a command behind the wall', () => {
  const wall = createCommandWall({ wall: 'required' });

  it('runs, with its arguments and its environment and nothing of the host', async () => {
    const root = makeFolder();
    const args = ['-c', 'printf "%s|" "$@"; env', '--', 'a b', '$(id)', '', '"'];
    process.env['KB_COMMAND_SECRET'] = 'of the host';
    const { stdout, exitCode, confinedBy } = await run(wall, sh(root, '', { args }));
    delete process.env['KB_COMMAND_SECRET'];
    expect(exitCode).toBe(0);
    expect(confinedBy).toMatch(/^bubblewrap \d/);
    const [a, b, c, d, env = ''] = stdout.split('|');
    expect([a, b, c, d]).toEqual(['a b', '$(id)', '', '"']);
    expect(env.split('\n').filter(Boolean).toSorted()).toEqual(['LANG=C.UTF-8', 'PATH=/usr/bin:/bin', `PWD=${root}`]);
  });

  it('tells an exit code, and a signal as one', async () => {
    const root = makeFolder();
    expect(await run(wall, sh(root, 'exit 3'))).toMatchObject({ exitCode: 3, signal: undefined });
    expect(await run(wall, sh(root, 'kill -9 $$'))).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
  });

  it('sees the root and the system, and nothing else', async () => {
    const root = makeFolder();
    const outside = makeFolder();
    writeFileSync(join(root, 'mine'), 'mine');
    writeFileSync(join(outside, 'secret'), 'secret');
    const script = `cat mine; cat ${outside}/secret /etc/shadow /etc/passwd /proc/1/environ; ls /root /home /var /run ${tmpdir()}/*`;
    const { stdout } = await run(wall, sh(root, script));
    expect(stdout).toContain('mine');
    expect(stdout).not.toContain('secret');
    expect(stdout).not.toContain('root:');
    expect(stdout).not.toContain(outside);
  });

  it('reads what it may read besides, and cannot follow a link to what it may not', async () => {
    const [root, shared, outside] = [makeFolder(), makeFolder(), makeFolder()];
    writeFileSync(join(shared, 'a'), 'shared');
    writeFileSync(join(outside, 'b'), 'secret');
    const { stdout, stderr } = await run(
      wall,
      sh(root, `cat ${shared}/a; ln -s ${outside}/b /tmp/link && cat /tmp/link`, { readable: [shared] }),
    );
    expect(stdout).toBe('shared');
    expect(stderr).toContain('No such file');
  });

  it('writes nothing but where it may', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, 'keep'), 'as it was');
    const views: CommandView[] = [
      { path: root, kind: 'directory', access: 'read' },
      { path: join(root, 'out'), kind: 'directory', access: 'write' },
    ];
    const script =
      'echo x > keep; rm -f keep; echo new > new; echo y > out/file; echo z > /usr/z; echo t > /tmp/t && cat /tmp/t';
    const { stdout } = await run(wall, sh(root, script, { views }));
    expect(stdout).toBe('t\n');
    expect(readFileSync(join(root, 'keep'), 'utf8')).toBe('as it was');
    expect(existsSync(join(root, 'new'))).toBe(false);
    expect(readFileSync(join(root, 'out/file'), 'utf8')).toBe('y\n');
  });

  it.each(['read', 'write'] as const)('is shown no link to %s in the place of a folder or file', async (access) => {
    const [root, outside] = [makeFolder(), makeFolder()];
    mkdirSync(join(outside, 'deep'));
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(root, 'folder'));
    symlinkSync(join(outside, 'secret'), join(root, 'file'));
    const places: CommandView[] = [
      { path: join(root, 'folder'), kind: 'directory', access },
      { path: join(root, 'folder/deep'), kind: 'directory', access },
      { path: join(root, 'file'), kind: 'file', access },
    ];
    for (const place of places) {
      const views: CommandView[] = [{ path: root, kind: 'directory', access: 'read' }, place];
      await expect(run(wall, sh(root, 'cat folder/secret file', { views }))).rejects.toMatchObject({ code: 'ESTALE' });
    }
  });

  it('holds no file of the host open, also with a bubblewrap that binds names alone', async () => {
    const plan = sh(makeFolder(), 'ls -l /proc/self/fd');
    const fd = openSync(plan.command, 'r');
    const listed = await text(startFenced({ ...plan, fd }, oldProbe()).stdout);
    closeSync(fd);
    for (const output of [listed, (await run(wall, plan)).stdout]) {
      expect(output).toContain('0 -> socket:');
      expect(output).not.toMatch(/-> \/(?!proc\/\d+\/fd$)/m);
    }
  });

  it('writes nothing with a bubblewrap that binds names alone', () => {
    const root = makeFolder();
    const views: CommandView[] = [{ path: root, kind: 'directory', access: 'write' }];
    expect(() => startFenced({ ...sh(root, 'true', { views }), fd: 0 }, oldProbe())).toThrow(
      expect.objectContaining({ code: 'ERR_CONFINEMENT_TOO_WEAK' }),
    );
  });

  it('finds hidden folders and files empty', async () => {
    const root = makeFolder();
    mkdirSync(join(root, '.kb'));
    for (const name of ['.kb/secret', '.env', '.npmrc', 'a']) writeFileSync(join(root, name), `in ${name}`);
    const views: CommandView[] = [
      { path: root, kind: 'directory', access: 'write' },
      { path: join(root, '.kb'), kind: 'directory', access: 'none' },
      { path: join(root, '.env'), kind: 'file', access: 'none' },
      { path: join(root, '.npmrc'), kind: 'file', access: 'none' },
    ];
    const script = 'cat .env .npmrc a; ls -A .kb; umount .kb; rm -rf .env .kb; echo x > .env; mv .kb k; mkdir .kb/x';
    const { stdout } = await run(wall, sh(root, script, { views }));
    expect(stdout).toBe('in a');
    expect(readFileSync(join(root, '.env'), 'utf8')).toBe('in .env');
    expect(readFileSync(join(root, '.kb/secret'), 'utf8')).toBe('in .kb/secret');
  });

  it('sees nothing of a root that it may not see', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'secret');
    const { stdout, exitCode } = await run(
      wall,
      sh(root, 'ls -A; pwd', { views: [{ path: root, kind: 'directory', access: 'none' }] }),
    );
    expect([stdout, exitCode]).toEqual([`${root}\n`, 0]);
  });

  it('reaches no network, and opens no socket', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const bash = realpathSync('/bin/bash');
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
    const { stdout, exitCode } = await run(wall, sh(makeFolder(), '', { command: bash, args: ['-c', script] }));
    server.close();
    expect(stdout).toBe('');
    expect(exitCode).not.toBe(0);
  });

  it('takes its daemons along, also those that left its group', async () => {
    const root = makeFolder();
    const word = `kb-daemon-${process.pid}-${performance.now()}`;
    const daemon = `(setsid sh -c ': ${word}; while :; do sleep 1; done' >/dev/null 2>&1 &)`;
    const { exitCode } = await run(wall, sh(root, `${daemon}; exit 0`));
    expect(exitCode).toBe(0);
    expect(await untilGone(word)).toBe(true);
  });

  it('ends at once by SIGKILL, forks and all, and by SIGTERM may tidy up first', async () => {
    const root = makeFolder();
    const word = `kb-fork-${process.pid}-${performance.now()}`;
    const plan = sh(root, `: ${word}; f() { f & f & wait; }; echo up; f`);
    const fd = openSync(plan.command, 'r');
    const bomb = await wall.start({ ...plan, fd });
    bomb.stdout.once('data', () => bomb.signal('SIGKILL'));
    expect(await bomb.ended).toEqual({ exitCode: undefined, signal: 'SIGKILL' });
    expect(await untilGone(word)).toBe(true);
    const polite = await wall.start({ ...sh(root, 'trap "echo bye; exit 7" TERM; echo up; sleep 60 & wait'), fd });
    closeSync(fd);
    polite.stdout.once('data', () => polite.signal('SIGTERM'));
    expect(await polite.ended).toEqual({ exitCode: 7, signal: undefined });
  });

  it('has no powers: it mounts, traces, makes devices and changes the kernel in no way', async () => {
    const root = makeFolder();
    const script = `mount -t tmpfs x /tmp; unshare -U true; mknod /tmp/d c 1 3; chroot / true; echo 1 > /proc/sys/kernel/core_pattern;
      kill -0 ${process.pid} && echo killed; id -u; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status`;
    const { stdout } = await run(wall, sh(root, script));
    const lines = stdout.split('\n').map((line) => line.replace(/\s+/, ' '));
    expect(lines.slice(0, 3)).toEqual(['65534', 'CapEff: 0000000000000000', 'NoNewPrivs: 1']);
  });

  it('runs the file that was opened, or nothing, whatever has its name by then', async () => {
    const root = makeFolder();
    const tool = join(root, 'tool');
    const plan = sh(root, '', { command: tool, args: [] });
    copyFileSync('/usr/bin/true', tool);
    const fd = openSync(tool, 'r');
    renameSync(tool, join(root, 'moved'));
    writeFileSync(tool, '#!/bin/sh\necho evil; exit 9\n', { mode: 0o755 });
    const ok = { exitCode: 0, signal: undefined };
    expect(await (await wall.start({ ...plan, fd })).ended).toEqual(ok);
    const bare = createCommandWall({ wall: 'off' });
    expect(await (await bare.start({ ...plan, fd })).ended).toEqual(ok);
    rmSync(join(root, 'moved'));
    await expect((await wall.start({ ...plan, fd })).ended).rejects.toMatchObject({ code: 'EFENCE' });
    expect(await (await bare.start({ ...plan, fd })).ended).toEqual(ok);
    closeSync(fd);
  });

  it('says that the fence, and not the command, failed', async () => {
    const root = makeFolder();
    const fd = openSync(realpathSync('/bin/sh'), 'r');
    const started = await wall.start({ ...sh(root, 'exit 0', { readable: ['/nowhere/at/all'] }), fd });
    closeSync(fd);
    await expect(started.ended).rejects.toMatchObject({ code: 'EFENCE' });
  });
});

describe.runIf(process.platform !== 'win32')('a command without a wall', () => {
  const wall = createCommandWall({ wall: 'off' });

  it('runs with the environment that it is given, by its real name', async () => {
    const root = makeFolder();
    const outcome = await run(wall, sh(root, '', { command: realpathSync('/usr/bin/env'), args: [] }));
    expect(outcome).toEqual({
      exitCode: 0,
      signal: undefined,
      stdout: 'PATH=/usr/bin:/bin\nLANG=C.UTF-8\n',
      stderr: '',
      confinedBy: undefined,
    });
    expect((await run(wall, sh(root, 'echo $0', { args: ['-c', 'pwd; exit 4'] }))).stdout).toBe(`${root}\n`);
  });

  it('is over when it ends, also where something of it holds on to its output', async () => {
    const root = makeFolder();
    const start = performance.now();
    const { stdout, exitCode } = await run(wall, sh(root, 'sleep 300 & echo done'));
    expect([stdout, exitCode]).toEqual(['done\n', 0]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('takes its process group along', async () => {
    const word = `kb-group-${process.pid}-${performance.now()}`;
    await run(wall, sh(makeFolder(), `sh -c 'while :; do sleep 1; done; : ${word}' & exit 0`));
    expect(await untilGone(word)).toBe(true);
  });

  it('rejects where there is nothing to run', async () => {
    const fd = openSync('/dev/null', 'r');
    const started = await wall.start({ ...sh('/', '', { command: '/dev/null', script: true }), fd });
    closeSync(fd);
    await expect(started.ended).rejects.toMatchObject({ code: 'EACCES' });
  });
});

describe('createCommandWall', () => {
  it.each<[object, string]>([
    [{ wall: 'on' }, 'wall is "auto"'],
    [{ walls: 'off' }, 'has no option "walls"'],
  ])('refuses %j', (options, message) => {
    expect(() => createCommandWall(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
