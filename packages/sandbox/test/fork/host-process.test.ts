import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { isAlive, limits, makePlugin, untilGone, ways } from './fork-scene.js';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

// A host of its own: one that can be killed. `pidOfGuest` is asked for through the kernel's list, as an outsider would.
const HOST = `
import { readdirSync, readFileSync } from 'node:fs';
import { forkSandbox } from ${JSON.stringify(built)};
const [way, root, act] = process.argv.slice(2);
const [wall, spawner] = way.split(' ');
const adapter = forkSandbox({ wall, spawner });
const plan = { plugin: { id: 'p', version: '1.0.0', root }, limits: ${JSON.stringify(limits)}, env: {}, policyDigest: '', isolation: { kind: 'execution' }, signal: new AbortController().signal };
const call = { executionId: 'e', handler: { file: root + '/main.mjs', export: 'handle' }, inputSchema: undefined, outputSchema: undefined, outputParts: [], input: 1, api: ['test.up'], signal: new AbortController().signal };
const guests = () => readdirSync('/proc').filter((pid) => { try { return /^\\d+$/.test(pid) && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('--allow-fs-read=' + root) && !/bwrap$/.test(readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0')[0]); } catch { return false; } });
const host = { note() {}, async call() { process.stdout.write('pid ' + guests().join() + '\\n'); if (act === 'exit') process.exit(5); } };
try {
  const place = await adapter.acquire(plan);
  const outcome = await place.run(call, host);
  if (act === 'leave') await (await adapter.acquire(plan)).run(call, host);
  process.stdout.write('outcome ' + JSON.stringify(outcome.ok ? outcome.value : { code: outcome.error.code, details: outcome.error.details }) + '\\n');
  await place[Symbol.asyncDispose]();
} catch (error) {
  process.stdout.write('threw ' + JSON.stringify({ name: error.name, code: error.code, errno: error.details?.errno }) + '\\n');
}
if (act === 'leave') {
  while (guests().length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  process.stdout.write('spare ' + guests().join() + '\\n');
  // Taken, and given back: it waits again.
  await (await adapter.acquire(plan))[Symbol.asyncDispose]();
} else await adapter[Symbol.asyncDispose]();
`;

// A host that dies a moment after it has started a guest: before that one is ready, or has been tied to the life of its host.
const SHORT_LIVED = `
import { subscribe } from 'node:diagnostics_channel';
import { forkSandbox } from ${JSON.stringify(built)};
const [way, root, delay] = process.argv.slice(2);
const [wall, spawner] = way.split(' ');
const adapter = forkSandbox({ wall, spawner });
await adapter.confines();
const die = () => process.kill(process.pid, 'SIGKILL');
subscribe('child_process', () => setImmediate(() => delay === '0' ? die() : setTimeout(die, Number(delay))));
await adapter.acquire({ plugin: { id: 'p', version: '1.0.0', root }, limits: ${JSON.stringify(limits)}, env: {}, policyDigest: '', isolation: { kind: 'execution' }, signal: new AbortController().signal });
await new Promise((resolve) => setTimeout(resolve, 10_000));
`;

/** Processes whose command line names a folder: guests, those that stand around them, and the spawner of a host that has the folder's parent for temporary files. */
function processesAt(root: string): readonly number[] {
  const names = [`--allow-fs-read=${root}`, `${dirname(root)}/kb-spawner`];
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return names.some((name) => line.includes(name)) && isAlive(pid);
    } catch {
      return false;
    }
  });
}

/** Its name, its state, and where in the kernel it waits. */
function whatItDoes(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').slice(0, 3).join(', ');
    return `${pid}: ${status}, waits in ${readFileSync(`/proc/${pid}/wchan`, 'utf8')}`;
  } catch {
    return `${pid}: ended by now`;
  }
}

/** Temporary files of a host go beside the plugin, where they are seen, and gone with the test. */
function surroundings(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, TMPDIR: dirname(folder) };
}

interface HostOptions {
  readonly way: string;
  readonly handler: string;
  readonly act?: string;
}

/** Waits for a line of the host that begins with a word. */
async function lineOf(host: ChildProcess, word: string): Promise<string> {
  let text = '';
  for await (const data of host.stdout ?? []) {
    text += String(data);
    const line = text.split('\n').find((each) => each.startsWith(`${word} `));
    if (line !== undefined && text.endsWith('\n')) return line.slice(word.length + 1);
  }
  throw new Error(`the host said only: ${text}`);
}

/** The same host with the limit on cores that a developer's machine may have. */
function startHostWithCores(folder: string, way: string): ChildProcess {
  const args = [
    '-c',
    'ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@"',
    process.execPath,
    join(folder, 'host.mjs'),
    way,
    folder,
  ];
  return spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'inherit'], env: surroundings(folder) });
}

function startHost(folder: string, { way, act = '' }: HostOptions): ChildProcess {
  return spawn(process.execPath, [join(folder, 'host.mjs'), way, folder, act], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: surroundings(folder),
  });
}

const spinning =
  'export async function handle(_, ctx) { void ctx.test.up(); setTimeout(() => { for (;;); }, 20); await new Promise(() => {}); }';
const makeHost = (handler: string) => makePlugin({ 'main.mjs': handler, 'host.mjs': HOST });

/** Each wall, with guests that the host starts, and with a spawner that does. */
const hosts = ways.flatMap(({ way }) => [{ way: `${way} never` }, { way: `${way} always` }]);

describe.skipIf(process.platform !== 'linux').each(hosts)(
  'the process of the host, wall and spawner: $way',
  ({ way }) => {
    it('takes its guests along when it is killed', async () => {
      using folder = makeHost(spinning);
      const host = startHost(folder.root, { way, handler: spinning });
      // A spare may be among them.
      const guests = (await lineOf(host, 'pid')).split(',').map(Number);
      expect(guests.map(isAlive)).not.toContain(false);
      host.kill('SIGKILL');
      await Promise.all(guests.map(untilGone));
      expect(guests.map(isAlive)).not.toContain(true);
      await vi.waitFor(() => expect(processesAt(folder.root)).toEqual([]), { timeout: 10_000, interval: 5 });
      // Its socket was in a folder.
      expect(readdirSync(dirname(folder.root))).toEqual(['plugin']);
    });

    it(
      'takes a guest along that it has only just started, killed at any of 20 moments',
      { timeout: 180_000 },
      async () => {
        using folder = makePlugin({ 'main.mjs': spinning, 'host.mjs': SHORT_LIVED });
        for (let delay = 0; delay < 20; delay += 1) {
          const args = [join(folder.root, 'host.mjs'), way, folder.root, String(delay)];
          const host = spawn(process.execPath, args, { stdio: 'ignore', env: surroundings(folder.root) });
          expect(await once(host, 'exit')).toEqual([null, 'SIGKILL']);
          const gone = vi.waitUntil(() => processesAt(folder.root).length === 0, { timeout: 30_000, interval: 5 });
          await gone.catch(() => undefined); // What is left is compared below.
          expect({ delay, left: processesAt(folder.root).map(whatItDoes) }).toEqual({ delay, left: [] });
        }
      },
    );

    it('takes its guests along when it exits', async () => {
      using folder = makeHost(spinning);
      const host = startHost(folder.root, { way, handler: spinning, act: 'exit' });
      const exit = once(host, 'exit');
      const guests = (await lineOf(host, 'pid')).split(',').map(Number);
      expect(await exit).toEqual([5, null]);
      await Promise.all(guests.map(untilGone));
      expect(guests.map(isAlive)).not.toContain(true);
    });

    it('ends by itself when its runs are over', async () => {
      using folder = makeHost('export const handle = (input) => input + 1;');
      const host = startHost(folder.root, { way, handler: '' });
      const exit = once(host, 'exit');
      expect(await lineOf(host, 'outcome')).toBe('2');
      expect(await exit).toEqual([0, null]);
    });

    it('ends by itself with spares that wait, which end with it', async () => {
      using folder = makeHost('export const handle = (input) => input + 1;');
      const host = startHost(folder.root, { way, handler: '', act: 'leave' });
      const exit = once(host, 'exit');
      const spares = (await lineOf(host, 'spare')).split(',').map(Number);
      expect(await exit).toEqual([0, null]);
      await Promise.all(spares.map(untilGone));
      await vi.waitFor(() => expect(processesAt(folder.root)).toEqual([]), { timeout: 10_000, interval: 5 });
    });

    it('gets a typed error, and does not hang, when it has no descriptors left', () => {
      using folder = makeHost('export const handle = (input) => input + 1;');
      const outcomes = [24, 30, 34].map((most) => {
        const shell = `ulimit -n ${most}; exec "$0" "$@"`;
        const args = ['-c', shell, process.execPath, join(folder.root, 'host.mjs'), way, folder.root];
        const { stdout, status, stderr } = spawnSync('/bin/sh', args, {
          encoding: 'utf8',
          timeout: 10_000,
          env: surroundings(folder.root),
        });
        return status === 0 ? stdout.split(' ')[0] : `exit ${status}: ${stderr.slice(0, 600)}`;
      });
      expect(outcomes.filter((word) => word !== 'threw' && word !== 'outcome')).toEqual([]);
    });

    it('lets no guest leave a core behind, whatever its own limit is', async () => {
      using folder = makeHost(spinning);
      const host = startHostWithCores(folder.root, way);
      const [guest = 0] = (await lineOf(host, 'pid')).split(',').map(Number);
      expect(readFileSync(`/proc/${guest}/limits`, 'latin1')).toMatch(/^Max core file size\s+0\s+0\s/m);
      host.kill('SIGKILL');
      await untilGone(guest);
    });

    it('keeps the files that it has open to itself, those without CLOEXEC among them', () => {
      // libuv keeps a folder open where there is no /dev/null: in the wall, that is the guest's own empty root, inode 2.
      const handler = `import { fstatSync } from 'node:fs';
      const given = (stat) => stat.isFile() || (stat.isDirectory() && stat.ino !== 2);
      export const handle = () => Array.from({ length: 300 }, (_, fd) => fd).filter((fd) => { try { return given(fstatSync(fd)); } catch { return false; } });`;
      using folder = makeHost(handler);
      // Node closes what it inherits up to the first gap beyond 15; the rest stays open.
      const files = [openSync('/etc/hostname', 'r'), openSync('/etc', 'r')];
      const gap = Array.from({ length: 195 }, () => 'ignore' as const);
      const stdio = ['ignore', 'pipe', 'inherit', ...files, ...gap, ...files] as const;
      const args = [join(folder.root, 'host.mjs'), way, folder.root];
      const { stdout } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        stdio: [...stdio],
        env: surroundings(folder.root),
      });
      for (const file of files) closeSync(file);
      expect(stdout).toBe('outcome []\n');
    });
  },
);
