import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { places } from '../scene.js';
import { processesAt } from './guest-processes.js';
import { startOwnHost } from './own-host.js';

const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');
/** How long the host stands still: what is tested is this time itself. */
const STOPPED_MS = 1_000;

describe.each(forks)('$name', ({ name, works, notRun }) => {
  const wall = name === 'fork' ? 'off' : 'required';

  describe.skipIf(!works)(`a host that stands still${notRun}`, () => {
    let folder = '';
    let pluginRoot = '';
    beforeAll(async () => {
      folder = await realpath(await mkdtemp(join(tmpdir(), 'kb-labs-stopped-')));
      pluginRoot = join(folder, 'plugin');
      await mkdir(join(folder, 'root'));
      await cp(fileURLToPath(new URL('plugin', import.meta.url)), pluginRoot, { recursive: true });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    async function stopDuring(run: object): Promise<unknown> {
      const options = { wall, root: join(folder, 'root'), pluginRoot, runs: 1, handler: 'worksFor', ...run };
      await using host = startOwnHost('holds-runs', [JSON.stringify(options)]);
      await host.next('up');
      host.process.kill('SIGSTOP');
      await delay(STOPPED_MS);
      host.process.kill('SIGCONT');
      const { codes } = await host.next('ended');
      expect(await host.ended).toBe(0);
      // It has disposed of nothing: what waited for a next run ends with it, and takes a moment.
      await vi.waitFor(() => expect(processesAt(pluginRoot)).toEqual([]), { timeout: 5_000, interval: 5 });
      return codes;
    }

    it('J23 takes an answer that came in time for one, though its own timers are late', async () => {
      expect(await stopDuring({ ms: 300, timeoutMs: 800 })).toEqual(['ok']);
    });

    it('J23 ends once what has run for too long in the meantime', async () => {
      expect(await stopDuring({ ms: 60_000, timeoutMs: 500 })).toEqual(['ERR_TIMEOUT']);
    });

    it('J23 reads on where a guest has filled its pipes, and loses none of its answer', async () => {
      expect(await stopDuring({ ms: 300, timeoutMs: 20_000, loud: true })).toEqual(['ok']);
    });
  });
});
