import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionEvent } from '@kb-labs/contracts';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { killGuests, processesAt } from '../faults/guest-processes.js';
import { places } from '../scene.js';
import { openArena, pluginFile } from './arena.js';
import type { Bout } from './arena.js';

const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`a process that is kept ready${place.notRun}`, () => {
    const arena = openArena(place, 'p');
    // Of its own: whatever runs in it is killed, and other tests use the plugin too.
    let folder = '';
    beforeAll(async () => {
      folder = join(arena.scene().root, 'plugin-of-this-test');
      await cp(pluginFile('p', '.'), folder, { recursive: true });
    });
    const run = (input: number, grant: Partial<PluginContextOptions> = {}): Promise<Bout> =>
      arena.run('returns', input, { pluginRoot: folder, ...grant });
    const spares = (): readonly number[] => processesAt(folder).flatMap(({ pid, guest }) => (guest ? [pid] : []));

    /** From its second run on, a plugin has one. */
    async function untilSpare(): Promise<void> {
      for (let count = 0; count < 2; count += 1) await run(count);
      while (spares().length === 0) await delay(2);
    }

    it('P11 is replaced when it is killed while it is idle, and no run is lost', async () => {
      for (let round = 0; round < 3; round += 1) {
        await untilSpare();
        const before = spares();
        // What was seen may have been the process of the run, on its way out.
        while (killGuests(folder) === 0) await delay(2);
        // At once: nobody has noticed yet.
        expect((await run(round)).result).toMatchObject({ ok: true, data: round });
        await untilSpare();
        await expect.poll(() => spares().filter((pid) => before.includes(pid))).toEqual([]);
      }
      expect(arena.scene().runtime.crashLoops.list()).toEqual([]);
    });

    it('P11 loses no run where it is killed between the moment that it was taken and the run', async () => {
      const signs: readonly ((event: ExecutionEvent) => boolean)[] = [
        (event) => event.type === 'confined',
        (event) => event.type === 'handler-input',
        (event) => event.type === 'stage-start' && event.stage === 'handler',
      ];
      for (const sign of signs) {
        const observe = (event: ExecutionEvent): void => void (sign(event) && killGuests(folder));
        let bout: Bout;
        do {
          // What was seen may have been the process of a run, on its way out: then this run gets a process of its own, which is not tried again.
          await untilSpare();
          bout = await run(2, { observers: [{ observe }] });
        } while (bout.result.metrics.coldStart);
        expect(bout.result).toMatchObject({ ok: true, data: 2 });
      }
    });
  });
});
