import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Arena } from './arena.js';

const DENIED = 'ERR_ACCESS_DENIED';
const NETWORK = ['net', 'dns', 'cluster'];

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`modules${place.notRun}`, () => {
    const arena = openArena(place, 'f');
    const isWalled = place.name.includes('wall');
    const outside = (name: string): string => join(arena.scene().root, '../outside', name);

    beforeAll(() => {
      mkdirSync(outside(''));
      writeFileSync(outside('outside.cjs'), "exports.secret = 'the secret';");
      writeFileSync(
        outside('outside.json'),
        '{"version":3,"sources":[],"names":[],"mappings":"","secret":"the secret"}',
      );
      writeFileSync(outside('outside.txt'), 'SECRET=the secret');
    });

    it('F01 loads child_process, and starts nothing by it, however it is loaded', async () => {
      const outcomes = await outcomesOf(arena, 'spawns', { node: isWalled ? '/kb/node' : process.execPath });
      expect(Object.keys(outcomes).length).toBe(24);
      expect(Object.entries(outcomes).filter(([, code]) => code !== DENIED)).toEqual([]);
    });

    it('F01 loads no module of the network, by any of the ways that there are', async () => {
      const { ways, found } = dataOf(await arena.run('./modules.js#loads', { modules: NETWORK })) as {
        ways: number;
        found: string[];
      };
      expect(found).toEqual([]);
      expect(ways).toBe(17);
    });

    it('F02 lets a plugin have no hooks of its own', async () => {
      // `registerHooks` would stay inside, but those of the runtime refuse the network before Node 25.
      const outcomes = await outcomesOf(arena, 'hooks');
      expect(Object.values(outcomes)).toEqual(Array.from({ length: 6 }, () => DENIED));
    });

    it('F04 gives code that is made of text what its maker has, and no more', async () => {
      const made = dataOf(await arena.run('./modules.js#madeCode')) as Record<string, unknown>;
      const { 'reads outside': reads, 'imports outside': imports, ...kinds } = made;
      expect(Object.values(kinds)).toEqual(['object', 'object', 'object', 'object']);
      const codes = [...Object.values(reads as object), ...Object.values(imports as object)];
      // Behind the wall, /etc/passwd is no file that a rule names, and none that is there.
      expect(new Set(codes)).toEqual(new Set([DENIED]));
      expect(codes).toHaveLength(4);
    });

    it('F05 reads nothing outside of the plugin by its loaders, by source maps and by snapshots of tests', async () => {
      const input = { module: outside('outside.cjs'), json: outside('outside.json'), text: outside('outside.txt') };
      const outcomes = await outcomesOf(arena, 'outside', input);
      expect(Object.keys(outcomes).length).toBe(12);
      expect(Object.entries(outcomes).filter(([, what]) => what.startsWith('got'))).toEqual([]);
      expect(JSON.stringify(outcomes)).not.toContain('the secret');
      expect(outcomes['import']).toBe(isWalled ? 'ERR_MODULE_NOT_FOUND' : DENIED);
    });

    it('F05 tells by require.resolve what exists, but behind the wall', async () => {
      const paths = [outside('outside.cjs'), outside('missing.cjs'), '/etc/passwd'];
      // A documented leak: Node looks for modules before it asks for permission. It tells names, and no contents.
      const seen = dataOf(await arena.run('./modules.js#probes', { paths }));
      expect(seen).toEqual(isWalled ? [] : [outside('outside.cjs'), '/etc/passwd']);
    });
  });
});

async function outcomesOf(arena: Arena, name: string, input: unknown = {}): Promise<Record<string, string>> {
  return dataOf(await arena.run(`./modules.js#${name}`, input)) as Record<string, string>;
}
