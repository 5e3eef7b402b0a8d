import { globSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileArtifactStore } from '@kb-labs/plugin-runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { places } from '../scene.js';
import { processesAt } from './guest-processes.js';
import { startOwnHost } from './own-host.js';
import type { OwnHost } from './own-host.js';

const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');
const SECOND = { timeout: 1_000, interval: 5 };

describe.each(forks)('$name', ({ name, works, notRun }) => {
  const wall = name === 'fork' ? 'off' : 'required';

  describe.skipIf(!works)(`a host that ends${notRun}`, () => {
    let folder = '';
    let pluginRoot = '';
    let root = '';
    beforeAll(async () => {
      folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-ended-')));
      pluginRoot = join(folder, 'plugin');
      root = join(folder, 'root');
      await mkdir(root);
      await cp(fileURLToPath(new URL('plugin', import.meta.url)), pluginRoot, { recursive: true });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const start = (handler: string, runs: number, mark = ''): OwnHost =>
      startOwnHost('holds-runs', [JSON.stringify({ wall, root, pluginRoot, runs, handler, mark })]);

    it(
      'J16 by SIGTERM with 50 live runs ends each with ERR_ABORTED, and has no child left within a second',
      // A second is what the row states; the machine may have other work once.
      { timeout: 60_000, retry: 2 },
      async () => {
        await using host = start('stays', 50);
        await host.next('up');
        // And a few that wait for runs to come.
        expect(processesAt(pluginRoot).filter(({ guest }) => guest).length).toBeGreaterThanOrEqual(50);
        host.process.kill('SIGTERM');
        const { ms, codes } = await host.next('ended');
        expect(processesAt(pluginRoot)).toEqual([]);
        expect(codes).toEqual(Array.from({ length: 50 }, () => 'ERR_ABORTED'));
        expect(Number(ms)).toBeLessThan(1_000);
        expect(await host.ended).toBe(0);
      },
    );

    it(
      'J16 by SIGKILL with 20 live runs has no child left within a second',
      { timeout: 60_000, retry: 2 },
      async () => {
        await using host = start('stays', 20);
        await host.next('up');
        host.process.kill('SIGKILL');
        expect(await host.ended).toBe('SIGKILL');
        await vi.waitFor(() => expect(processesAt(pluginRoot)).toEqual([]), SECOND);
      },
    );

    it(
      'by SIGKILL tears no artifact that is being stored, and the next start is clean',
      { timeout: 60_000 },
      async () => {
        for (let time = 0; time < 3; time += 1) {
          await using host = start('storesOn', 3);
          await host.next('up');
          const directory = join(root, '.kb/artifacts');
          // While all three store: there is work in progress, and something that is stored.
          const isStoring = (): boolean => temporaryFiles(directory).length > 0 && stored(directory).length > 3;
          await vi.waitUntil(isStoring, { timeout: 10_000, interval: 1 });
          host.process.kill('SIGKILL');
          expect(await host.ended).toBe('SIGKILL');
          await vi.waitFor(() => expect(processesAt(pluginRoot)).toEqual([]), SECOND);
          expect(await wholeArtifacts(directory)).toBeGreaterThan(0);
          expect(temporaryFiles(directory)).toEqual([]);
        }
      },
    );

    it('by SIGKILL leaves no command behind', { timeout: 60_000 }, async () => {
      const mark = `kb-faults-${process.pid}-${wall}`;
      await using host = start('runsOn', 2, mark);
      await host.next('up');
      await vi.waitFor(() => expect(withMark(mark)).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
      host.process.kill('SIGKILL');
      await host.ended;
      await vi.waitFor(() => expect([withMark(mark), processesAt(pluginRoot)]).toEqual([0, []]), SECOND);
    });
  });
});

function temporaryFiles(directory: string): readonly string[] {
  try {
    return readdirSync(join(directory, '.tmp')).filter((name) => !name.endsWith('.mark'));
  } catch {
    // Nothing was stored yet.
    return [];
  }
}

function stored(directory: string): readonly string[] {
  return globSync(join(directory, 'anonymous/*/*.bin'));
}

/** Reads every artifact to its end, which compares its hash, and tells how many there are. A store that is opened anew sweeps first. */
async function wholeArtifacts(directory: string): Promise<number> {
  const store = createFileArtifactStore({ directory });
  const { signal } = new AbortController();
  let count = 0;
  for await (const { path } of store.list('anonymous')) {
    const artifact = await store.get({ pluginId: 'anonymous', path }, signal);
    const bytes = new Uint8Array(await new Response(artifact?.body).arrayBuffer());
    expect([bytes.length, bytes.every((byte) => byte === bytes[0])]).toEqual([200_000, true]);
    count += 1;
  }
  expect(await readdir(join(directory, '.tmp'))).toEqual([]);
  return count;
}

/** How many processes have this word in their command line. */
function withMark(word: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      const isHost =
        Number(pid) === process.pid || readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('holds-runs');
      return /^\d+$/.test(pid) && !isHost && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
    } catch {
      // It ended between the list and the look.
      return false;
    }
  }).length;
}
