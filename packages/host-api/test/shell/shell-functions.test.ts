import {
  closeSync,
  openSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isPluginError } from '@kb-labs/contracts';
import type { OperationRecord, PermissionSpec, ShellResult, ShellRule } from '@kb-labs/contracts';
import { compilePolicy, intersectPolicies } from '@kb-labs/permissions';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCommandRunner } from '../../src/index.js';
import type { HostApiOptions, ShellSettings } from '../../src/index.js';
import { countDescriptors, makeFolder, openHost, outcome, text } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const real = (path: string): string => realpathSync(path);
const CAT = real('/usr/bin/cat');
const LS = real('/usr/bin/ls');
const SH = real('/bin/sh');
const SLEEP = real('/usr/bin/sleep');
const ANY = { args: ['**'] } as const;
const READ = { mode: 'read', allow: ['.'] } as const;

const runner = createCommandRunner();
const isConfined = await canConfine();

/** Whether bubblewrap works here. */
async function canConfine(): Promise<boolean> {
  const [fd, signal] = [openSync(LS, 'r'), new AbortController().signal];
  const plan = { command: LS, fd, script: false, args: [], cwd: '/', views: [] };
  const command = { plan, input: new Uint8Array(), timeoutMs: undefined, signal, closing: signal };
  const { confinedBy } = await runner.run(command).finally(() => closeSync(fd));
  return confinedBy !== undefined;
}

function openShell(
  root: string,
  allow: readonly ShellRule[],
  options: Partial<HostApiOptions> & { readonly fs?: PermissionSpec['fs'] } = {},
): OpenHost {
  const { fs = READ, ...others } = options;
  return openHost(root, { fs, shell: { allow } }, { functions: ['shell.run'], shell: runner, ...others });
}

async function tryRun({ call }: OpenHost, ...args: readonly unknown[]): Promise<ShellResult> {
  // What comes back is what the contract says: each test compares the members that it is about.
  return (await call('shell.run', ...args)) as ShellResult;
}

/** A grant for a shell, which is the strongest command there is. */
function shellRule(...args: readonly string[]): ShellRule {
  return { command: SH, args: ['-c', ...args], interpreter: true };
}

describe.skipIf(process.platform === 'win32')('shell.run', () => {
  it('answers with what a command wrote, and how it ended', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'hello');
    const host = openShell(root, [{ command: CAT, ...ANY }]);
    const good = await tryRun(host, CAT, ['a']);
    expect([good.exitCode, good.signal, text(good.stdout), text(good.stderr)]).toEqual([0, undefined, 'hello', '']);
    const bad = await tryRun(host, CAT, ['missing']);
    expect([bad.exitCode, text(bad.stdout)]).toEqual([1, '']);
    expect(text(bad.stderr)).toContain('No such file');
    expect(
      host.audits.map(({ kind, operation, target, decision }) => [kind, operation, target, decision.allowed]),
    ).toEqual([
      ['shell', 'run', `${CAT} a`, true],
      ['shell', 'run', `${CAT} missing`, true],
    ]);
    expect(host.meter.used('maxCommands')).toBe(2);
  });

  it('hands input over, as text or as bytes, and ends it', async () => {
    const host = openShell(makeFolder(), [{ command: CAT }]);
    expect(text((await tryRun(host, CAT, [], { input: 'grüße' })).stdout)).toBe('grüße');
    const bytes = new Uint8Array([0, 255, 10, 13]);
    expect((await tryRun(host, CAT, [], { input: bytes })).stdout).toEqual(bytes);
    expect(text((await tryRun(host, CAT)).stdout)).toBe('');
    // Nobody reads it: the pipe breaks, and that is nobody's error.
    const large = 'x'.repeat(1_000_000);
    const deaf = openShell(makeFolder(), [{ command: LS }]);
    expect((await tryRun(deaf, LS, [], { input: large })).exitCode).toBe(0);
  });

  it('takes each argument as it is: nothing is expanded, split or joined', async () => {
    const printf = real('/usr/bin/printf');
    const host = openShell(makeFolder(), [{ command: printf, ...ANY }]);
    const args = ['$(id)', '`id`', 'a b', '*', '; ls', '| cat', '> x', '', '"', "'", '\\', '\n', '~', '${HOME}'];
    const { stdout } = await tryRun(host, printf, ['%s\\0', ...args]);
    expect(text(stdout).split('\0').slice(0, -1)).toEqual(args);
  });

  it('rejects with a PluginError alone, whatever it is called with', async () => {
    const host = openShell(makeFolder(), []);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.anything(), fc.constant(LS)), { maxLength: 4 }), async (args) => {
        expect(await outcome(host.call('shell.run', ...args))).toMatch(/^ERR_(INVALID_ARGUMENT|PERMISSION_DENIED)/);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each<[string, unknown[]]>([
    ['no command', []],
    ['a command that is no text', [1]],
    ['a NUL', [LS, ['a\0b']]],
    ['arguments that are a text', [LS, 'a']],
    ['an unknown option', [LS, [], { shell: true }]],
    ['an environment', [LS, [], { env: { LD_PRELOAD: 'x' } }]],
    ['a time of 0', [LS, [], { timeoutMs: 0 }]],
    ['4097 arguments', [LS, Array.from({ length: 4097 }, () => 'a')]],
    ['arguments without end', [LS, ['a'.repeat(200_000)]]],
  ])('refuses %s, and runs nothing', async (_, args) => {
    const host = openShell(makeFolder(), [{ command: LS, ...ANY }]);
    expect(await outcome(host.call('shell.run', ...args))).toMatch(/^ERR_(INVALID_ARGUMENT|PERMISSION_DENIED)/);
    expect(host.meter.used('maxCommands')).toBe(0);
  });

  it('charges maxCommands, and runs none when it is used up', async () => {
    const spec = { fs: READ, shell: { allow: [{ command: LS }] }, quotas: { maxCommands: 1 } };
    const { call } = openHost(makeFolder(), spec, { functions: ['shell.run'], shell: runner });
    expect(await outcome(call('shell.run', LS))).toContain('resolved');
    expect(await outcome(call('shell.run', LS))).toBe('ERR_QUOTA_EXCEEDED');
  });
});

describe.skipIf(process.platform === 'win32')('a command that no rule names', () => {
  it('is denied alike whether it is there or not, and whatever it leads to', async () => {
    const root = makeFolder();
    symlinkSync('/etc/shadow', join(root, 'link'));
    const host = openShell(root, [{ command: LS }]);
    const messages = await Promise.all(
      ['/etc/shadow', '/nowhere', join(root, 'link'), '/root/.ssh/id_rsa', SLEEP].map(async (command) => {
        const error: unknown = await host.call('shell.run', command).catch((caught: unknown) => caught);
        return error instanceof Error ? error.message.replace(command, '<command>') : 'resolved';
      }),
    );
    expect(new Set(messages)).toEqual(new Set(['shell access to <command> is denied: not-requested']));
    expect(host.audits.every(({ decision }) => !decision.allowed)).toBe(true);
  });

  it.each(['ls', './ls', 'usr/bin/ls', '/usr/bin/../bin/ls', '/usr//bin/ls', '/usr/bin/ls/', '/usr/bin/ls\0', ''])(
    'is %j, where /usr/bin/ls may run',
    async (command) => {
      const host = openShell(makeFolder(), [{ command: LS }]);
      expect(await outcome(host.call('shell.run', command))).toBe('ERR_PERMISSION_DENIED invalid-path');
    },
  );

  it.each<[readonly string[]]>([[['--upload-pack=touch x']], [['-l']], [['a', '-R']], [['a', 'b']]])(
    'is one with other arguments: %j',
    async (args) => {
      const host = openShell(makeFolder(), [{ command: LS, args: ['*'] }]);
      expect(await outcome(host.call('shell.run', LS, args))).toBe('ERR_PERMISSION_DENIED not-requested');
    },
  );

  it('is one that the manifest names, and not the grant', async () => {
    const root = makeFolder();
    const policy = intersectPolicies({
      asked: compilePolicy({ shell: { allow: [{ command: LS, args: ['-?'] }] } }, { root, source: 'manifest' }),
      granted: compilePolicy({ shell: { allow: [{ command: LS, args: ['-l'] }] } }, { root }),
    });
    const { call, audits } = openHost(root, {}, { policy, functions: ['shell.run'], shell: runner });
    expect(await outcome(call('shell.run', LS, ['-a']))).toBe('ERR_PERMISSION_DENIED not-granted');
    expect(audits[0]?.patches).toHaveLength(1);
    expect(await outcome(call('shell.run', LS, ['-l']))).toContain('resolved');
  });
});

describe.skipIf(process.platform === 'win32')('the hint of a command that was not run', () => {
  const hintOf = async ({ call }: OpenHost, ...args: readonly unknown[]): Promise<unknown> =>
    call('shell.run', ...args).catch((error: unknown) => (isPluginError(error) ? error.hint : error));
  const lacking = (rule: unknown): string =>
    `in the grant, add ${JSON.stringify(rule)} to /shell/allow, with the path that the command really has, where that is a link`;

  it('wants an absolute path', async () => {
    const host = openShell(makeFolder(), [{ command: LS, args: ['*'] }]);
    const words = 'name the command by its absolute path, without ".", ".." or "//", such as /usr/bin/wc';
    expect(await hintOf(host, 'wc')).toBe(words);
    expect(await hintOf(host, './wc')).toBe(words);
  });

  it('lists the options that there are', async () => {
    const host = openShell(makeFolder(), [{ command: LS }]);
    expect(await hintOf(host, LS, [], { env: {}, shell: true })).toBe(
      'leave out env, shell; there are cwd, input, timeoutMs',
    );
  });

  it('is the same for a link as for what is not there, and does not name where it leads', async () => {
    const folder = makeFolder();
    const [link, missing] = [join(folder, 'link'), join(folder, 'missing')];
    symlinkSync(SH, link);
    const host = openShell(makeFolder(), []);
    expect(await hintOf(host, link, ['x'])).toBe(lacking({ command: link, args: ['x'] }));
    expect(await hintOf(host, missing, ['x'])).toBe(lacking({ command: missing, args: ['x'] }));
    expect(await hintOf(host, LS, ['x'])).toBe(lacking({ command: LS, args: ['x'] }));
    // The audit is the host's, and names the file that it is about.
    expect(host.audits[0]?.patches).toMatchObject([
      { operations: [{ value: { command: SH, args: ['x'], interpreter: true } }] },
    ]);
  });

  it('says so where a rule names a link', async () => {
    const link = join(makeFolder(), 'link');
    symlinkSync(LS, link);
    const host = openShell(makeFolder(), [{ command: link }]);
    expect(await hintOf(host, link)).toBe('let the rule name the command by its real path, not by a link');
  });

  it('says so where a rule does not name an interpreter as one', async () => {
    const host = openShell(makeFolder(), [{ command: SH, args: ['x'] }]);
    expect(await hintOf(host, SH, ['x'])).toBe(
      'in the grant, add "interpreter": true to the rule of /shell/allow that matches',
    );
  });
});

describe.skipIf(process.platform === 'win32')('an interpreter', () => {
  const denied = 'ERR_PERMISSION_DENIED interpreter';

  it('is refused by its name, and by a link to it under another', async () => {
    const root = makeFolder();
    const folder = makeFolder();
    const link = join(folder, 'list');
    symlinkSync(SH, link);
    const plain = openShell(root, [
      { command: SH, ...ANY },
      { command: link, ...ANY },
    ]);
    expect(await outcome(plain.call('shell.run', SH, ['x']))).toBe(denied);
    // The rule names the link, and the question is about where it leads.
    expect(await outcome(plain.call('shell.run', link, ['x']))).toBe(denied);
    const byLink = openShell(root, [{ command: link, ...ANY }]);
    expect(await outcome(byLink.call('shell.run', link, ['x']))).toBe('ERR_PERMISSION_DENIED not-requested');
  });

  it.each(['#!/bin/sh\necho ran\n', '#! /usr/bin/env node\n', 'echo ran without a first line\n', '', '\x7fELX'])(
    'is a script, or what a shell would take for one: %j',
    async (content) => {
      const tool = join(makeFolder(), 'tool');
      writeFileSync(tool, content, { mode: 0o755 });
      const host = openShell(makeFolder(), [{ command: tool, ...ANY }]);
      expect(await outcome(host.call('shell.run', tool))).toBe(denied);
    },
  );

  it('is what the plugin could have written itself', async () => {
    const root = makeFolder();
    copyFileSync(LS, join(root, 'ls'));
    chmodSync(join(root, 'ls'), 0o755);
    const rule = [{ command: join(root, 'ls') }];
    const fs = { mode: 'readWrite', allow: ['.'] } as const;
    expect(await outcome(openShell(root, rule, { fs }).call('shell.run', join(root, 'ls')))).toBe(denied);
    expect(await outcome(openShell(root, rule).call('shell.run', join(root, 'ls')))).toContain('"exitCode":0');
  });

  it('runs where the rule says so, a script as well', async () => {
    const root = makeFolder();
    const tool = join(root, 'tool');
    writeFileSync(tool, '#!/bin/sh\necho "ran $1"\n', { mode: 0o755 });
    const host = openShell(root, [{ command: tool, ...ANY, interpreter: true }, shellRule('*')]);
    expect(text((await tryRun(host, tool, ['x'])).stdout)).toBe('ran x\n');
    expect(text((await tryRun(host, SH, ['-c', 'echo shell'])).stdout)).toBe('shell\n');
  });

  it('is no binary with the rights of somebody else: that runs for nobody', async () => {
    const tool = join(makeFolder(), 'tool');
    copyFileSync(LS, tool);
    chmodSync(tool, 0o4755);
    const host = openShell(makeFolder(), [{ command: tool, interpreter: true }]);
    expect(await outcome(host.call('shell.run', tool))).toBe('ERR_PERMISSION_DENIED mandatory-deny');
  });

  it.each<[string, number | undefined]>([
    ['a folder', undefined],
    ['a file that is not executable', 0o644],
  ])('is not %s', async (_, mode) => {
    const tool = join(makeFolder(), 'tool');
    if (mode === undefined) mkdirSync(tool);
    else writeFileSync(tool, '\x7fELF', { mode });
    const host = openShell(makeFolder(), [{ command: tool }]);
    expect(await outcome(host.call('shell.run', tool))).toBe('ERR_IO_FAILED EACCES');
  });
});

describe.skipIf(process.platform === 'win32')('what a command gets', () => {
  it('is an environment of the host’s choice, and nothing of its own', async () => {
    const env = real('/usr/bin/env');
    const secrets = { KB_SECRET: 'x', LD_PRELOAD: '/tmp/evil.so', BASH_ENV: '/tmp/evil', NODE_OPTIONS: '--inspect' };
    for (const name of ['KB_SECRET', 'BASH_ENV']) process.env[name] = Reflect.get(secrets, name);
    const settings: ShellSettings = { env: { TZ: 'UTC', LANG: 'C' } };
    const rule = [{ command: env, interpreter: true }] as const;
    const host = openShell(makeFolder(), rule, { shell: createCommandRunner(settings) });
    const lines = text((await tryRun(host, env)).stdout)
      .split('\n')
      .filter(Boolean);
    for (const name of ['KB_SECRET', 'BASH_ENV']) Reflect.deleteProperty(process.env, name);
    expect(lines.filter((line) => !line.startsWith('PWD=')).toSorted()).toEqual([
      'HOME=/nonexistent',
      'LANG=C',
      'PATH=/usr/bin:/bin',
      'TZ=UTC',
    ]);
  });

  it('is a folder below the root, that the policy lets it list and no link leads to', async () => {
    const root = makeFolder();
    const outside = makeFolder();
    mkdirSync(join(root, 'in'));
    mkdirSync(join(root, 'closed'));
    writeFileSync(join(root, 'in', 'a'), '');
    writeFileSync(join(outside, 'b'), '');
    symlinkSync(outside, join(root, 'out'));
    const host = openShell(root, [{ command: LS }], { fs: { mode: 'read', allow: ['.'], deny: ['closed'] } });
    const list = async (cwd: unknown): Promise<string> => {
      const result = await outcome(host.call('shell.run', LS, [], { cwd }));
      return result.startsWith('resolved') ? text((await tryRun(host, LS, [], { cwd })).stdout) : result;
    };
    expect(await list('in')).toBe('a\n');
    expect(await list(join(root, 'in'))).toBe('a\n');
    expect(await list('out')).toBe('ERR_PERMISSION_DENIED link');
    expect(await list('..')).toBe('ERR_PERMISSION_DENIED outside-root');
    expect(await list('/')).toBe('ERR_PERMISSION_DENIED outside-root');
    expect(await list('closed')).toBe('ERR_PERMISSION_DENIED denied-by-rule');
    expect(await list('in/a')).toBe('ERR_IO_FAILED ENOTDIR');
    expect(await list('missing')).toBe('ERR_IO_FAILED ENOENT');
    expect(await list(1)).toBe('ERR_INVALID_ARGUMENT');
  });

  it('is no file that the host holds open', async () => {
    const root = makeFolder();
    const host = openShell(root, [shellRule('*')]);
    const { stdout } = await tryRun(host, SH, ['-c', 'for fd in /proc/$$/fd/*; do readlink $fd; done']);
    const paths = text(stdout)
      .split('\n')
      .filter((target) => target.startsWith('/'));
    expect(paths).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('a command that goes on', () => {
  const settings: ShellSettings = { graceMs: 50, maxOutputBytes: 1000 };

  it('is ended when its time is up, by the host’s limit or the shorter one of the call', async () => {
    const shell = createCommandRunner({ ...settings, timeoutMs: 300 });
    const host = openShell(makeFolder(), [shellRule('*')], { shell });
    const fail = async (...args: readonly unknown[]): Promise<unknown> =>
      host.call('shell.run', ...args).catch((caught: unknown) => caught);
    const stubborn = ['-c', 'trap "" TERM; while :; do :; done'];
    const start = performance.now();
    expect(await fail(SH, stubborn)).toMatchObject({ code: 'ERR_TIMEOUT', details: { limit: 300 } });
    expect(await fail(SH, stubborn, { timeoutMs: 50 })).toMatchObject({ code: 'ERR_TIMEOUT', details: { limit: 50 } });
    expect(await fail(SH, stubborn, { timeoutMs: 60_000 })).toMatchObject({ details: { limit: 300 } });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('is ended when it writes too much, and the host keeps none of it', async () => {
    const host = openShell(makeFolder(), [shellRule('*')], { shell: createCommandRunner(settings) });
    expect(await outcome(host.call('shell.run', SH, ['-c', 'while :; do echo flood; done']))).toBe(
      'ERR_OUTPUT_EXCEEDED',
    );
    expect(await outcome(host.call('shell.run', SH, ['-c', 'while :; do echo flood >&2; done']))).toBe(
      'ERR_OUTPUT_EXCEEDED',
    );
    const { stdout } = await tryRun(host, SH, ['-c', 'printf %01000d 0']);
    expect(stdout.byteLength).toBe(1000);
  });

  it('is ended by the signal of the call, and by the end of the run', async () => {
    const root = makeFolder();
    const host = openShell(root, [{ command: SLEEP, args: ['60'] }]);
    const controller = new AbortController();
    const call = host.api.call('shell.run', [SLEEP, ['60']], { signal: controller.signal });
    controller.abort();
    expect(await outcome(call)).toBe('ERR_ABORTED');
    const late = host.call('shell.run', SLEEP, ['60']);
    const [ended] = await Promise.all([outcome(late), host.api[Symbol.asyncDispose]()]);
    expect(ended).toBe('ERR_PERMISSION_DENIED run-over');
  });

  it('gives its slot back however it ended: four that fail do not block the fifth', async () => {
    const host = openShell(makeFolder(), [shellRule('*'), { command: '/usr/bin/not-there' }], {
      shell: createCommandRunner({ ...settings, maxConcurrency: 1 }),
    });
    const run = (...args: readonly unknown[]): Promise<string> => outcome(host.call('shell.run', ...args));
    expect(await run('/usr/bin/not-there')).toBe('ERR_IO_FAILED ENOENT');
    expect(await run(SH, ['-c', 'exit 1'])).toContain('"exitCode":1');
    expect(await run(SH, ['-c', 'kill -9 $$'])).toContain('"signal":"SIGKILL"');
    expect(await run(SH, ['-c', 'while :; do echo flood; done'])).toBe('ERR_OUTPUT_EXCEEDED');
    expect(await run(SH, ['-c', 'while :; do :; done'], { timeoutMs: 100 })).toBe('ERR_TIMEOUT');
    expect(await run(SH, ['-c', 'f() { f & f & wait; }; f'], { timeoutMs: 100 })).toBe('ERR_TIMEOUT');
    await run(SH, ['-c', 'a'.repeat(130_000)]);
    expect(text((await tryRun(host, SH, ['-c', 'echo fine'])).stdout)).toBe('fine\n');
  });

  it('makes others wait, and not for ever', async () => {
    const shell = createCommandRunner({ ...settings, timeoutMs: 1000, maxConcurrency: 1 });
    const host = openShell(makeFolder(), [shellRule('*')], { shell });
    const slow = outcome(host.call('shell.run', SH, ['-c', 'trap "" TERM; while :; do :; done']));
    const waiting = host.call('shell.run', SH, ['-c', 'echo x'], { timeoutMs: 100 });
    expect(await outcome(waiting)).toBe('ERR_QUEUE_TIMEOUT');
    expect(await slow).toBe('ERR_TIMEOUT');
  });

  it('leaves no descriptor behind', async () => {
    const host = openShell(makeFolder(), [shellRule('*')], { shell: createCommandRunner(settings) });
    await tryRun(host, SH, ['-c', 'exit 0']);
    const before = countDescriptors();
    for (let count = 0; count < 10; count += 1) await tryRun(host, SH, ['-c', 'exit 1']);
    await outcome(host.call('shell.run', SH, ['-c', 'while :; do :; done'], { timeoutMs: 50 }));
    expect(countDescriptors()).toBeLessThanOrEqual(before);
  });
});

describe.skipIf(process.platform === 'win32')('a record of a command', () => {
  it('says that nothing takes it back', async () => {
    const operations: OperationRecord[] = [];
    const host = openShell(makeFolder(), [{ command: LS, ...ANY }], {
      operations: (record) => operations.push(record),
    });
    await tryRun(host, LS, ['a b']);
    expect(operations).toEqual([
      {
        name: 'shell.run',
        target: `${LS} "a b"`,
        destination: undefined,
        before: undefined,
        after: undefined,
        reversible: false,
        dryRun: false,
      },
    ]);
  });

  it('is all that a dry run leaves: the command is checked, and not run', async () => {
    const root = makeFolder();
    const operations: OperationRecord[] = [];
    const shell = createCommandRunner({ wall: 'off' });
    const host = openShell(root, [shellRule('*')], {
      shell,
      dryRun: true,
      operations: (record) => operations.push(record),
    });
    const script = `echo x > ${join(root, 'made')}`;
    expect(await outcome(host.call('shell.run', SH, ['-c', script]))).toBe('ERR_PERMISSION_DENIED dry-run');
    expect(await outcome(host.call('shell.run', LS))).toBe('ERR_PERMISSION_DENIED not-requested');
    expect(existsSync(join(root, 'made'))).toBe(false);
    expect(operations).toMatchObject([{ name: 'shell.run', dryRun: true, reversible: false }]);
    expect(host.audits.at(1)).toMatchObject({ kind: 'shell', decision: { allowed: false, reason: 'dry-run' } });
  });
});

describe.runIf(isConfined)('a command behind the wall', () => {
  it('sees of the root what the policy shows of it, and nothing outside', async () => {
    const root = makeFolder();
    const outside = makeFolder();
    for (const name of ['.git', '.git/hooks', 'src', 'private', '.kb']) mkdirSync(join(root, name));
    for (const name of ['.env', '.git/config', '.git/HEAD', 'src/a', 'private/b', '.kb/c', 'notes']) {
      writeFileSync(join(root, name), `in ${name}\n`);
    }
    writeFileSync(join(outside, 'secret'), 'outside');
    const policy = compilePolicy(
      { fs: { mode: 'read', allow: ['.'], deny: ['private'] }, shell: { allow: [shellRule('*')] } },
      { root, hiddenPaths: [join(root, '.kb')] },
    );
    const host = openHost(root, {}, { policy, functions: ['shell.run'], shell: runner });
    const script = `cat .env .git/config .git/HEAD src/a private/b .kb/c notes ${outside}/secret /etc/shadow`;
    const { stdout, confinedBy } = await tryRun(host, SH, ['-c', script]);
    expect(text(stdout)).toBe('in .git/HEAD\nin src/a\nin notes\n');
    expect(confinedBy).toMatch(/^bubblewrap /);
  });

  it('sees nothing of the root where the policy shows nothing of it', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'secret');
    const host = openShell(root, [{ command: LS, args: ['-A'] }], { fs: null });
    expect(text((await tryRun(host, LS, ['-A'])).stdout)).toBe('');
  });

  it.skipIf(!isConfined)('shows no config and no hooks of submodules and worktrees either', async () => {
    const root = makeFolder();
    const folders = [
      '.git',
      '.git/modules/a',
      '.git/modules/with/slash',
      '.git/modules/a/modules/b',
      '.git/worktrees/w',
    ];
    for (const folder of folders) {
      mkdirSync(join(root, folder, 'hooks'), { recursive: true });
      for (const name of ['HEAD', 'config', 'config.worktree', 'hooks/pre-commit'])
        writeFileSync(join(root, folder, name), `in ${folder}/${name}\n`);
    }
    const host = openShell(root, [{ command: CAT, ...ANY }]);
    const names = folders.flatMap((folder) =>
      ['HEAD', 'config', 'config.worktree', 'hooks/pre-commit'].map((name) => `${folder}/${name}`),
    );
    const { stdout } = await tryRun(host, CAT, names);
    expect(text(stdout).trim().split('\n')).toEqual(folders.map((folder) => `in ${folder}/HEAD`));
  });

  it('sees the folder that it stands in, and of the others no more than the policy shows', async () => {
    const root = makeFolder();
    for (const name of ['a/b/c', 'a/x', 'd', '.git']) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['a/b/f', 'a/b/.env', 'a/x/g', 'd/h', 'top', '.git/config'])
      writeFileSync(join(root, name), `in ${name}\n`);
    const fs = { mode: 'read', allow: ['a/b', 'd'] } as const;
    const host = openShell(root, [shellRule('*')], { fs });
    const script = `cat ${root}/a/b/f ${root}/a/b/.env ${root}/a/x/g ${root}/d/h ${root}/top; pwd; touch ${root}/a/n ${root}/n`;
    const deep = await tryRun(host, SH, ['-c', script], { cwd: 'a/b' });
    expect(text(deep.stdout)).toBe(`in a/b/f\nin d/h\n${root}/a/b\n`);
    const top = await tryRun(host, SH, ['-c', script]);
    expect(text(top.stdout)).toBe(`in d/h\n${root}\n`);
    const git = openShell(root, [shellRule('*')]);
    expect(text((await tryRun(git, SH, ['-c', 'cat config'], { cwd: '.git' })).stdout)).toBe('');
    expect(existsSync(join(root, 'n'))).toBe(false);
  });

  it('sees nothing of a root with more in it than can be told apart', async () => {
    const root = makeFolder();
    for (let count = 0; count < 200; count += 1) writeFileSync(join(root, `.env.${count}`), 'secret');
    const host = openShell(root, [{ command: LS, args: ['-A'] }]);
    expect(text((await tryRun(host, LS, ['-A'])).stdout)).toBe('');
  });

  it('changes nothing, unless the host lets commands write, and then what the plugin may', async () => {
    const root = makeFolder();
    for (const name of ['out', 'src', '.git']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'kept'), 'as it was');
    const fs = { mode: 'readWrite', allow: ['.'], deny: ['kept'] } as const;
    const script = 'echo 1 > out/a; echo 2 > .git/x; echo 3 > kept; rm -f kept; echo 4 > new; chmod 600 out/a; exit 0';
    const still = openShell(root, [shellRule('*')], { fs });
    await tryRun(still, SH, ['-c', script]);
    expect(['out/a', '.git/x', 'new'].map((name) => existsSync(join(root, name)))).toEqual([false, false, false]);
    const writing = openShell(root, [shellRule('*')], { fs, shell: createCommandRunner({ write: true }) });
    await tryRun(writing, SH, ['-c', script]);
    expect(['out/a', '.git/x', 'new'].map((name) => existsSync(join(root, name)))).toEqual([true, false, true]);
    expect(readFileSync(join(root, 'kept'), 'utf8')).toBe('as it was');
  });

  it('tells a wall that cannot be put up from a command that fails', async () => {
    const shell = createCommandRunner({ readable: ['/nowhere/at/all'] });
    const host = openShell(makeFolder(), [{ command: LS }], { shell });
    expect(await outcome(host.call('shell.run', LS))).toBe('ERR_SANDBOX_CRASHED');
  });
});

describe.skipIf(process.platform === 'win32')('a command without a wall', () => {
  it('says so, and runs within its limits all the same', async () => {
    const shell = createCommandRunner({ wall: 'off', maxOutputBytes: 100, timeoutMs: 2000 });
    const host = openShell(makeFolder(), [shellRule('*')], { shell });
    const result = await tryRun(host, SH, ['-c', 'echo $0; exit 3']);
    expect([result.exitCode, result.confinedBy, text(result.stdout)]).toEqual([3, undefined, `${SH}\n`]);
    expect(await outcome(host.call('shell.run', SH, ['-c', 'while :; do echo flood; done']))).toBe(
      'ERR_OUTPUT_EXCEEDED',
    );
  });
});
