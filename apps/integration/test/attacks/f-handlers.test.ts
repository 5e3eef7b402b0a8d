import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePlaces, places } from '../scene.js';
import { codeOf, dataOf, failureOf, openArena, pluginFile } from './arena.js';

const NOT_FOUND = 'ERR_HANDLER_NOT_FOUND';
const REFERENCES = [
  '../attack-e/handlers.js#pid',
  './../e/handlers.js#pid',
  './handlers/../../e/handlers.js#pid',
  `${pluginFile('e')}#pid`,
  '/etc/passwd#handle',
  'handlers.js#handle',
  './#handle',
  './handlers.js',
  './handlers.js#',
  '#handle',
  'file:///etc/passwd#handle',
  'https://example.com/handlers.js#handle',
  'data:text/javascript,export const handle = () => 1#handle',
  'node:fs#readFileSync',
  './handlers.js?fresh#handle',
  './handlers.js#handle#handle',
  './handlers.js%23handle#handle',
  './%2e%2e/e/handlers.js#pid',
  '.\\handlers.js#handle',
  './handlers.js\0#handle',
  './handlers.js\n#handle',
  './package.json#name',
  './attempts#tryAll',
  './missing.js#handle',
  './handlers.js#missing',
  './handlers.js#value',
  './handlers.js#default',
  './handlers.js#default.handle',
  './handlers.js#default.nested.handle',
  './handlers.js#list[0]',
  './handlers.js#__proto__',
  './handlers.js#constructor',
  './handlers.js#prototype',
  './handlers.js#toString',
  './getters.cjs#inherited',
  `./${'x'.repeat(5_000)}.js#handle`,
  './ｈandlers.js#handle',
];

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`handlers and how they load${place.notRun}`, () => {
    const arena = openArena(place, 'f');
    const inProcess = place.name === 'in-process';
    const grant = { permissions: { quotas: { timeoutMs: 300 } } };

    it('F07 finds no handler but an own enumerable function that a module in the plugin exports', async () => {
      const codes = [];
      for (const reference of REFERENCES) codes.push([reference, codeOf(await arena.run(reference))]);
      expect(codes.filter(([, code]) => code !== NOT_FOUND)).toEqual([]);
      // A CommonJS module that is imported, as in-process, shows each name that its text defines.
      const hidden = await arena.run('./getters.cjs#hidden');
      expect(codeOf(hidden)).toBe(inProcess ? 'ok' : NOT_FOUND);
      expect(dataOf(await arena.run('handle'))).toBe('handled');
    });

    it('F07 finds no handler behind a link that leads out of the plugin', async () => {
      const link = pluginFile('f', `link-${process.pid}-${place.name.replaceAll(' ', '-')}.js`);
      await symlink(pluginFile('e'), link);
      try {
        const error = failureOf(await arena.run(`./${link.slice(pluginFile('f', '').length)}#pid`), NOT_FOUND);
        expect(JSON.stringify(error)).not.toContain('attacks/plugins');
      } finally {
        await rm(link);
      }
    });

    it('F08 ends a module that never has loaded when the time is up', async () => {
      const error = failureOf(await arena.run('./never-loads.js#handle', {}, grant), 'ERR_TIMEOUT');
      expect(error.details).toMatchObject({ limitMs: 300 });
      expect(dataOf(await arena.run('handle'))).toBe('handled');
    });

    it.skipIf(inProcess)(
      `F08 ends a module that spins while it loads${inProcess ? ' (would stop the host)' : ''}`,
      async () => {
        const begun = performance.now();
        failureOf(await arena.run('./spins-at-load.js#handle', {}, grant), 'ERR_TIMEOUT');
        expect(performance.now() - begun).toBeLessThan(5_000);
        expect(dataOf(await arena.run('handle'))).toBe('handled');
      },
    );

    it('F10 calls no export named then, and runs modules that import each other', async () => {
      expect(dataOf(await arena.run('./thenable.js#handle'))).toEqual({ handled: true, called: false });
      expect(dataOf(await arena.run('./thenable-late.js#handle'))).toEqual({ handled: true, called: false });
      expect(dataOf(await arena.run('./thenable-default.cjs#handle'))).toBe('handled');
      expect(dataOf(await arena.run('./circle.js#handle'))).toBe('back to circle');
      expect(codeOf(await arena.run('./getters.cjs#thrown'))).toBe(inProcess ? NOT_FOUND : 'ERR_HANDLER_FAILED');
    });

    it('F04 gives code made of text no more than its maker has', async () => {
      expect(dataOf(await arena.run('makesCode'))).toEqual([
        ['eval', 2],
        ['Function', 2],
        ['a constructor', 2],
      ]);
    });
  });
});

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`large modules${place.notRun}`, () => {
    const arena = openArena(place, 'f');
    const limits = (quotas: Readonly<Record<string, number>>): object => ({ permissions: { quotas } });

    it('F23 ends a graph of modules that has no end', async () => {
      const bout = await arena.run('./deep.js#handle', {}, limits({ timeoutMs: 500, memoryMb: 64 }));
      expect(['ERR_TIMEOUT', 'ERR_MEMORY_EXCEEDED']).toContain(codeOf(bout));
    });

    it('F23 ends a guest that loads a file of a hundred megabytes, or a chain of a thousand files, with a small quota', async () => {
      const root = join(arena.scene().root, 'large');
      await writeLarge(root);
      const large = await arena.run('./large.js#handle', {}, { pluginRoot: root, ...limits({ memoryMb: 48 }) });
      expect(codeOf(large)).toBe('ERR_MEMORY_EXCEEDED');
      const chain = await arena.run('./0.js#handle', {}, { pluginRoot: root, ...limits({ timeoutMs: 60 }) });
      expect(codeOf(chain)).toBe('ERR_TIMEOUT');
      // With time, its end is a module as any other.
      expect(dataOf(await arena.run('./900.js#handle', {}, { pluginRoot: root }))).toBe('at the end');
    });
  });
});

async function writeLarge(root: string): Promise<void> {
  await mkdir(root);
  await writeFile(join(root, 'package.json'), '{"name":"large","version":"1.0.0","type":"module"}');
  const comment = `/*${'x'.repeat(1_048_572)}*/`;
  await writeFile(join(root, 'large.js'), `${comment.repeat(100)}export const handle = () => 1;`);
  const links = Array.from({ length: 1_000 }, (_, n) => [`${n}.js`, `export * from './${n + 1}.js';`] as const);
  await Promise.all(links.map(([name, text]) => writeFile(join(root, name), text)));
  await writeFile(join(root, '1000.js'), "export const handle = () => 'at the end';");
}
