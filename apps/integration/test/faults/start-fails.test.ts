import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forkSandbox } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, places } from '../scene.js';
import { noForksFilter } from './no-forks-filter.js';

const pluginRoot = fileURLToPath(new URL('plugin', import.meta.url));
const host = fileURLToPath(new URL('hosts/runs-once.mjs', import.meta.url));
const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');
const walled = forks.find(({ name }) => name === 'fork with the wall');
const canFence = walled?.works === true;
const why = canFence ? '' : ' (not run: bubblewrap does not work here)';

const ODD_NAMES = ['a b', "it's", '"q"', '$(id)', 'new\nline', 'ü😀', '-rf', ';x|&<', '--allow-fs-write=', '%2e\\n'];
const reading = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['.'] } } } as const;

interface HostOptions {
  readonly wall: string;
  readonly requiredConfinement?: string;
  readonly pluginRoot?: string;
  readonly execPath?: string;
  readonly lacking?: readonly string[];
}

interface Told {
  readonly ok: boolean;
  readonly code?: string;
  readonly errno?: string;
  readonly retryable?: boolean;
  readonly firmness?: Readonly<Record<string, string>>;
}

/** What a host says that is started so: `before` stands before its command line, `stdio` has what is at descriptor 3. */
function runHost(options: HostOptions, before: readonly string[] = [], inherited?: number): readonly Told[] {
  const given = JSON.stringify({ requiredConfinement: 'none', pluginRoot, ...options });
  const [file = '', ...args] = [...before, process.execPath, host, given];
  const stdio = ['ignore', 'pipe', 'pipe', inherited ?? 'ignore'] as const;
  const { stdout, stderr, status } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000, stdio: [...stdio] });
  const said: unknown = status === 0 ? JSON.parse(stdout.split('\n')[0] ?? '') : { stdout, stderr, status };
  if (typeof said === 'object' && said !== null && 'results' in said && Array.isArray(said.results))
    return said.results;
  throw new Error(`the host said ${JSON.stringify(said)}`);
}

/** All of the machine as it is, in namespaces in which some things are otherwise. */
const ALL_OF_IT = ['bwrap', '--unshare-user', '--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc'];
const fence = (...changes: readonly string[]): readonly string[] => [...ALL_OF_IT, ...changes, '--'];
const shell = (limit: string): readonly string[] => ['/bin/sh', '-c', `${limit}; exec "$@"`, 'sh'];

describe.each(forks)('$name', ({ name, works, notRun }) => {
  const wall = name === 'fork' ? 'off' : 'required';

  describe.skipIf(!works)(`a start that fails${notRun}`, () => {
    let folder = '';
    beforeAll(async () => {
      folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-start-')));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('J13 says that there is no place for guests where Node is gone, or may not be run', async () => {
      const file = join(folder, 'not-executable');
      await writeFile(file, 'no Node', { mode: 0o644 });
      for (const [execPath, errno] of [
        ['/no/such/node', 'ENOENT'],
        [file, 'EACCES'],
      ] as const) {
        // prettier-ignore
        const gone = { ok: false, code: 'ERR_CONFINEMENT_TOO_WEAK', errno, retryable: false };
        expect(runHost({ wall, execPath })).toMatchObject([gone, gone]);
      }
    });

    it('J13 says so of arguments that are too long for this system, and starts others', async () => {
      const deep = join(folder, ...Array.from({ length: 15 }, () => 'd'.repeat(200)));
      await mkdir(deep, { recursive: true });
      const sandbox = forkSandbox({ wall, codeRoots: Array.from({ length: 1000 }, () => deep) });
      await using scene = await openScene(sandbox);
      const result = await scene.runtime.execute('./points.js#returns', 1, scene.grant({ pluginRoot }));
      // bubblewrap counts its arguments before the kernel does, and ends by itself.
      const expected =
        wall === 'off' ? ['ERR_CONFINEMENT_TOO_WEAK'] : ['ERR_CONFINEMENT_TOO_WEAK', 'ERR_SANDBOX_CRASHED'];
      expect(expected).toContain(result.ok ? 'ok' : result.error.code);
      const other = scene.grant({ pluginRoot, sandbox: forkSandbox({ wall }) });
      expect(await scene.runtime.execute('./points.js#returns', 1, other)).toMatchObject({ ok: true, data: 1 });
    });

    it('J13 can be tried again where descriptors have run out: nothing hangs, nothing else is said', () => {
      const told = [28, 32, 36].flatMap((most) => runHost({ wall }, shell(`ulimit -n ${most}`)));
      const codes = told.map(({ ok, code, retryable }) => (ok ? 'ok' : `${code} ${retryable}`));
      // With a probe that could not be made, what is required cannot be had either.
      const known = ['ok', 'ERR_SANDBOX_CRASHED true', 'ERR_CONFINEMENT_TOO_WEAK false'];
      for (const told of codes) expect(known).toContain(told);
    });

    it.skipIf(!canFence || process.arch !== 'x64')(
      `J13 can be tried again where the system makes no more processes${why || ' (x64)'}`,
      async () => {
        const file = join(folder, 'filter');
        await writeFile(file, noForksFilter());
        const fd = openSync(file, 'r');
        const told = runHost({ wall: 'off' }, fence('--seccomp', '3'), fd);
        closeSync(fd);
        const refused = { ok: false, code: 'ERR_SANDBOX_CRASHED', errno: 'EAGAIN', retryable: true };
        expect(told).toMatchObject([refused, refused]);
      },
    );

    it('Q10 takes the name of a folder for a name, of the plugin and of the root, whatever a shell would make of it', async () => {
      const codes: unknown[] = [];
      await using scene = await openScene(forkSandbox({ wall }));
      for (const name of ODD_NAMES) {
        const [root, plugin] = [join(folder, name), join(folder, name, 'the plugin')];
        await cp(pluginRoot, plugin, { recursive: true });
        await writeFile(join(root, 'hello.txt'), name);
        const context = scene.grant({ pluginRoot: plugin, root, ...reading });
        const result = await scene.runtime.execute('./points.js#reads', 'hello.txt', context);
        codes.push(result.ok ? result.data : result.error);
      }
      expect(codes).toEqual(ODD_NAMES);
    });
  });
});

describe.skipIf(process.platform !== 'linux')('what a machine or a Node does not have (linux)', () => {
  it.skipIf(!canFence)(
    `J13 Q05 refuses where a wall is required and bubblewrap is missing, and says none where it is not${why}`,
    () => {
      const missing = fence('--ro-bind', '/dev/null', realBwrap());
      const refused = { ok: false, code: 'ERR_CONFINEMENT_TOO_WEAK' };
      expect(runHost({ wall: 'required' }, missing)).toMatchObject([refused, refused]);
      expect(runHost({ wall: 'auto', requiredConfinement: 'wall' }, missing)).toMatchObject([refused, refused]);
      expect(runHost({ wall: 'auto', requiredConfinement: 'guard' }, missing)[0]).toMatchObject({
        ok: true,
        firmness: { fs: 'guard', net: 'guard' },
      });
    },
  );

  it.skipIf(!canFence)(`Q05 never takes guards for a wall where user namespaces are refused${why}`, () => {
    const blocked = fence('--disable-userns');
    const refused = { ok: false, code: 'ERR_CONFINEMENT_TOO_WEAK' };
    expect(runHost({ wall: 'required' }, blocked)).toMatchObject([refused, refused]);
    expect(runHost({ wall: 'auto', requiredConfinement: 'wall' }, blocked)).toMatchObject([refused, refused]);
    const served = runHost({ wall: 'auto', requiredConfinement: 'guard' }, blocked);
    expect(served).toMatchObject([
      { ok: true, firmness: { fs: 'guard', net: 'guard', process: 'guard' } },
      { ok: true },
    ]);
  });

  it('Q07 claims what the flags of this Node keep, and refuses where they are not there', () => {
    const refused = { ok: false, code: 'ERR_CONFINEMENT_TOO_WEAK' };
    const without = { wall: 'off', lacking: ['--permission'] };
    expect(runHost({ ...without, requiredConfinement: 'guard' })).toMatchObject([refused, refused]);
    expect(runHost(without)[0]).toMatchObject({ ok: true, firmness: { fs: 'none', process: 'none', time: 'wall' } });
    expect(runHost({ wall: 'off', lacking: ['--allow-net'] })[0]).toMatchObject({
      ok: true,
      firmness: { fs: 'guard', net: 'guard' },
    });
    const older = [
      '--permission',
      '--allow-net',
      '--no-experimental-sqlite',
      '--disable-sigusr1',
      '--report-exclude-env',
    ];
    expect(runHost({ wall: 'off', lacking: older })[0]).toMatchObject({ ok: true, firmness: { fs: 'none' } });
  });
});

function realBwrap(): string {
  return spawnSync('/bin/sh', ['-c', 'readlink -f "$(command -v bwrap)"'], { encoding: 'utf8' }).stdout.trim();
}
