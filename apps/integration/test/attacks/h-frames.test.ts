import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';
import { leastLag } from './watch-host.js';

/** Where a guest has the end of a channel in its hands. */
const apart = places.filter(({ name }) => name.startsWith('fork'));

// To read the largest frame there is takes 20 ms, and some twice as long on a machine that is busy; what grows faster than its size takes seconds.
const MOST_LAG_MS = 150;

const ROWS: readonly (readonly [string, string])[] = [
  ['H07', 'a million brackets'],
  ['H07', 'a million brackets in a result'],
  ['H07', 'a deep result'],
  ['H07', 'a deep call'],
  ['H08', '8 MB of empty lists'],
  ['H08', 'six hundred thousand keys'],
  ['H08', 'many keys in a call'],
  ['H08', 'keys that collide'],
  ['H08', 'many errors'],
  ['H13', 'a number of 8 MB'],
  ['H13', 'a number out of range'],
  ['H13', 'a number out of range, below zero'],
  ['H13', 'a bigint of a million digits'],
  ['H13', 'a thousand bigints'],
  ['H11', 'a date that is a record'],
  ['H11', 'a mark beside a name'],
  ['H11', 'an unknown mark'],
  ['H10', 'bytes that are not there'],
  ['H16', 'a name with an escape'],
  ['H16', 'a name that stands twice'],
  ['H01', 'hostile fields'],
  ['H07', 'no JSON'],
  ['H07', 'half a surrogate'],
];

describe.each(apart)('$name', (place) => {
  describe.skipIf(!place.works)(`frames${place.notRun}`, () => {
    const arena = openArena(place, 'h-raw', { graceMs: 30 });
    // The wall changes nothing about what is read: there, each kind is tried once.
    const rows =
      place.name === 'fork' ? ROWS : ROWS.filter(([row], index) => ROWS.findIndex(([r]) => r === row) === index);

    it.each(rows)('%s ends a guest that sends what no guest may: %s', async (_, name) => {
      const forge = async (): Promise<unknown> => failureOf(await arena.run('forges', name), 'ERR_PROTOCOL');
      expect(await leastLag(forge, MOST_LAG_MS)).toBeLessThan(MOST_LAG_MS);
    });

    it('H01 takes hostile names in a forged result for data', async () => {
      const given = dataOf(await arena.run('pollutes')) as object;
      expect(Object.keys(given)).toEqual(['__proto__', 'constructor']);
      expect(Object.getPrototypeOf(given)).toBe(Object.prototype);
      expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
      expect((dataOf(await arena.run('names')) as string[]).toSorted()).toEqual(
        ROWS.map(([, name]) => name).toSorted(),
      );
    });
  });
});
