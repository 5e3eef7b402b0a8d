import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionEvent } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { killGuests, processesAt } from '../faults/guest-processes.js';
import { places } from '../scene.js';
import { openArena, pluginFile } from './arena.js';

const forks = places.filter(({ name }) => name.startsWith('fork') && process.platform === 'linux');

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`a process that is kept ready${place.notRun}`, () => {
    const arena = openArena(place, 'p');
    const folder = pluginFile('p', '.').replace(/\/\.?$/, '');
    const spares = (): readonly number[] => processesAt(folder).flatMap(({ pid, guest }) => (guest ? [pid] : []));

    /** From its second run on, a plugin has one. */
    async function untilSpare(): Promise<void> {
      for (let run = 0; run < 2; run += 1) await arena.run('returns', run);
      while (spares().length === 0) await delay(2);
    }

    it('P11 is replaced when it is killed while it is idle, and no run is lost', async () => {
      for (let round = 0; round < 3; round += 1) {
        await untilSpare();
        const before = spares();
        expect(killGuests(folder)).toBeGreaterThan(0);
        // At once: nobody has noticed yet.
        expect((await arena.run('returns', round)).result).toMatchObject({ ok: true, data: round });
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
        await untilSpare();
        const observe = (event: ExecutionEvent): void => void (sign(event) && killGuests(folder));
        const { result } = await arena.run('returns', 2, { observers: [{ observe }] });
        expect(result).toMatchObject({ ok: true, data: 2, metrics: { coldStart: false } });
      }
    });
  });
});
