import { describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, openArena } from './arena.js';

const data = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data'] } } } as const;

describe.each(places)('$name', (place) => {
  describe.skipIf(!place.works)(`paths${place.notRun}`, () => {
    const arena = openArena(place, 'a');

    it('A01 denies a path that climbs out', async () => {
      const bout = await arena.run('reads', ['../secret.txt'], data);
      expect(dataOf(bout)).toEqual(['ERR_PERMISSION_DENIED']);
      expect(bout.denied).toMatchObject([{ kind: 'fs', operation: 'read', target: '../secret.txt' }]);
    });
  });
});
