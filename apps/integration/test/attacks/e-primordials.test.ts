import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { codeOf, dataOf, openArena } from './arena.js';

const forks = places.filter(({ name }) => name.startsWith('fork'));
const FAILURES = new Set([
  'ERR_PROTOCOL',
  'ERR_TIMEOUT',
  'ERR_HANDLER_FAILED',
  'ERR_OUTPUT_INVALID',
  'ERR_SANDBOX_CRASHED',
]);
const honest = { text: 'honest', list: [1, 2, { three: 3 }], bytes: new Uint8Array([1, 2, 3]) };

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`what a handler replaces${place.notRun}`, () => {
    const arena = openArena(place, 'e');
    const grant = { permissions: { quotas: { timeoutMs: 300 } } };

    it(
      'E26 gives what the handler returned or a typed failure, whatever it replaces',
      { timeout: 60_000 },
      async () => {
        for (const name of dataOf(await arena.run('./primordials.js#names')) as string[]) {
          const bout = await arena.run('./primordials.js#patched', { name }, grant);
          const told: unknown = bout.result.ok ? bout.result.data : FAILURES.has(codeOf(bout));
          expect({ name, told }).toEqual({ name, told: bout.result.ok ? honest : true });
        }
      },
    );

    it('E26 gives an honest result where what is replaced was captured before, and to the next run', async () => {
      const name = 'what is captured or not needed';
      expect(dataOf(await arena.run('./primordials.js#patched', { name }, grant))).toEqual(honest);
      expect(dataOf(await arena.run('./primordials.js#honest'))).toEqual(honest);
    });

    it.each(['v8', 'os', 'child_process'])(
      'E26 E28 guards %s for those who ask again, where all objects had a get at first',
      async (name) => {
        const outcomes = dataOf(await arena.run('./late-guards.js#after', { name }));
        expect(outcomes).toEqual({ again: expect.not.stringMatching(/^got/) });
      },
    );
  });
});
