import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkSandbox } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pluginFile } from './arena.js';
import { places } from '../scene.js';
import { codeOf, dataOf, openArena } from './arena.js';
import { isProgramOfGuest, see, seeDescendants } from './descendants.js';
import type { SeenProcess } from './descendants.js';
import { openLoopback } from './loopback.js';

const canary = `canary-of-the-host-${process.pid}`;
const granted = `granted-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'kb-labs-secrets-'));
const file = join(folder, 'secret.txt');
let looks: readonly SeenProcess[] = [];
// Whoever asks is looked at while it waits for the answer.
const server = openLoopback(
  createServer((_, response) => {
    looks = seeDescendants();
    response.end();
  }),
);
let opened = 0;
let coreLimit = '';

beforeAll(() => {
  process.env['KB_TEST_CANARY'] = canary;
  writeFileSync(file, `KB_FROM_FILE=${canary}`);
  opened = openSync(file, 'r');
  coreLimit = /^Max core file size\s+(\S+)/m.exec(see(process.pid).limits)?.[1] ?? '0';
  // As a developer's machine may have it. The hard limit, where it is 0, stays.
  if (process.platform === 'linux') limitCores('unlimited');
});
afterAll(() => {
  delete process.env['KB_TEST_CANARY'];
  closeSync(opened);
  rmSync(folder, { recursive: true });
  if (process.platform === 'linux') limitCores(coreLimit);
});

/** The soft limit of this very process. */
function limitCores(limit: string): void {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--core=${limit}:`], { stdio: 'ignore' });
  } catch {
    // No such program, or a hard limit below it: then the limit is what it was.
  }
}

type Outcomes = Readonly<Record<string, { readonly got?: string; readonly code?: string }>>;

// Where a spawner starts the guests, it is looked at as they are: it has what it could give them.
const spawned = { name: 'fork with a spawner', create: () => forkSandbox({ wall: 'off', spawner: 'always' }) };
const forks = [...places.filter(({ name }) => name.startsWith('fork')), { ...spawned, works: true, notRun: '' }];

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`secrets of the host${place.notRun}`, () => {
    const arena = openArena(place, 'd-raw');
    const grant = (): object => ({
      capabilities: ['env.read', 'net.fetch'],
      env: { KB_GRANTED: granted, KB_NOT_GRANTED: canary },
      permissions: { env: { allow: ['KB_GRANTED'] }, net: { allow: [`http://127.0.0.1:${server.port()}`] } },
    });
    const run = async (name: string, input: unknown = {}): Promise<Outcomes> =>
      dataOf(await arena.run(name, input, grant())) as Outcomes;
    const gotten = (outcomes: Outcomes): readonly string[] =>
      Object.entries(outcomes).flatMap(([name, { got }]) => (got === undefined ? [] : [name]));

    it('D01 shows the granted variables, whoever asks for all of them', async () => {
      const outcomes = await run('dumps');
      expect(JSON.parse(outcomes['process.env']?.got ?? '')).toEqual([['KB_GRANTED', granted]]);
      expect(JSON.parse(outcomes['process.env with for-in']?.got ?? '')).toEqual(['KB_GRANTED']);
      expect(JSON.stringify(outcomes)).not.toContain(canary);
      expect(JSON.stringify(outcomes)).not.toMatch(/"PATH|"HOME|VITEST/);
    });

    it('D04 leads to no environment, command line or memory by way of /proc', async () => {
      const outcomes = await run('readsProc', { hostPid: process.pid });
      // Without a wall or a spawner the host is the guest's parent.
      expect([32, 40]).toContain(Object.keys(outcomes).length);
      expect(JSON.stringify(outcomes)).not.toContain(canary);
      expect(gotten(outcomes)).toEqual([]);
      // Behind the wall the table has ENOENT: Node's own permissions, which stand inside it, refuse before.
      expect(outcomes[`/proc/${process.pid}/environ`]?.code).toBe('ERR_ACCESS_DENIED');
    });

    it('D05 keeps variables and addresses out of a report', async () => {
      const { 'process.report': report } = await run('dumps');
      const parsed = JSON.parse(report?.got ?? '{}') as { readonly environmentVariables?: Record<string, string> };
      expect(Object.keys(parsed.environmentVariables ?? {}).filter((name) => name !== 'KB_GRANTED')).toEqual([]);
      expect(report?.got).not.toContain(canary);
    });

    it('D10 and D13 load no file of variables, and write none of memory', async () => {
      const outcomes = await run('usesFiles', { file, out: join(folder, 'out') });
      expect(gotten(outcomes)).toEqual([]);
      expect(readdirSync(folder)).toEqual(['secret.txt']);
      expect(readdirSync(join(pluginFile('d-raw'), '..')).toSorted()).toEqual(['handlers.js', 'package.json']);
    });

    it('D11 has no secret in a command line, nor in what a process was started with', async () => {
      await run('isWatched', { url: `http://127.0.0.1:${server.port()}/`, secret: canary });
      expect(looks.length).toBeGreaterThan(0);
      for (const { commandLine, environment } of looks) {
        expect(commandLine).not.toMatch(/granted-|canary-|KB_GRANTED|--env-file/);
        // bubblewrap sets PWD in an environment that is otherwise empty.
        expect(environment.replace(/^PWD=[^\0]*\0/, '')).toBe('');
      }
    });

    it('D13 has a heap of its own, and leaves no core', async () => {
      const needles = [canary, granted].map((text) => [...Buffer.from(text)]);
      expect(dataOf(await arena.run('searchesHeap', { needles }, grant()))).toEqual([false, true]);
      await run('isWatched', { url: `http://127.0.0.1:${server.port()}/` });
      // One that was ending when it was looked at, as a spare may be, has no limits any more.
      const limits = looks.filter(isProgramOfGuest).flatMap((look) => (look.limits === '' ? [] : [look.limits]));
      expect(limits.length).toBeGreaterThan(0);
      expect(limits.map((text) => /^Max core file size\s+(\S+)/m.exec(text)?.[1])).toEqual(limits.map(() => '0'));
      expect(codeOf(await arena.run('aborts', {}, grant()))).toBe('ERR_SANDBOX_CRASHED');
      expect(readdirSync(join(pluginFile('d-raw'), '..')).filter((name) => name.startsWith('core'))).toEqual([]);
    });

    it('D14 has four descriptors, and those that Node opens for itself', async () => {
      const kinds = Object.values((await run('readsDescriptors')) as unknown as Record<string, { kind: string }>);
      expect(kinds.filter(({ kind }) => kind === 'file')).toEqual([]);
      expect(kinds.slice(0, 4).map(({ kind }) => kind)).toEqual(['socket', 'socket', 'socket', 'socket']);
      await run('isWatched', { url: `http://127.0.0.1:${server.port()}/` });
      const own = new Set(
        Object.values(see(process.pid).descriptors).filter((link) => /^(socket:|pipe:|\/)/.test(link)),
      );
      expect([...own]).toContain(file);
      for (const { descriptors } of looks) {
        // What a shell or a supervisor left open without CLOEXEC: see host-process.test.ts of the sandbox.
        const shared = Object.entries(descriptors).filter(([, link]) => own.has(link) && link !== '/dev/null');
        expect(shared).toEqual([]);
      }
      // The first: another one may be booting.
      const guest = looks.find(isProgramOfGuest);
      // What the host itself inherited without CLOEXEC is covered by a dead socket.
      const files = Object.entries(guest?.descriptors ?? {}).filter(([, link]) => /^\/(?!$|dev\/null$)/.test(link));
      expect([guest === undefined, files]).toEqual([false, []]);
    });
  });
});

describe.each(places.filter(({ name }) => name === 'worker'))('$name', (place) => {
  const arena = openArena(place, 'd-raw');

  it('D02 claims no wall around variables, since a thread shares those of its process', async () => {
    const { result } = await arena.run('dumps', {}, { env: {} });
    expect(result.confinement?.firmness.env).toBe('guard');
    // What the guard does keep: the usual ways to them.
    expect(JSON.stringify(result)).not.toContain(canary);
  });
});
