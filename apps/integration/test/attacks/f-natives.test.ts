import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { places } from '../scene.js';
import { codeOf, dataOf, openArena, pluginFile } from './arena.js';
import type { Arena } from './arena.js';

const DENIED = 'ERR_ACCESS_DENIED';
const MISSING = 'ERR_UNKNOWN_BUILTIN_MODULE';

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`natives${place.notRun}`, () => {
    const arena = openArena(place, 'f');
    const folder = (): string => join(arena.scene().root, '../written');

    beforeAll(() => {
      mkdirSync(folder());
      chmodSync(folder(), 0o777);
    });

    it('F11 starts no thread, whatever flags it asks for', async () => {
      const { 'of the test runner': runner, ...others } = await outcomesOf(arena, 'threads');
      expect(Object.values(others)).toEqual(Array.from({ length: 6 }, () => DENIED));
      // Node 22 wraps the refusal.
      expect([DENIED, 'ERR_TEST_FAILURE']).toContain(runner);
    });

    it('F13 makes no WASI, with the whole disk or with none', async () => {
      expect(Object.values(await outcomesOf(arena, 'wasi'))).toEqual([DENIED, DENIED, DENIED]);
    });

    it('F14 has no databases, which open files by themselves', async () => {
      const database = join(folder(), 'database');
      const { 'web storage': storage, getBuiltinModule, ...others } = await outcomesOf(arena, 'sqlite', { database });
      expect(Object.values(others)).toEqual([MISSING, MISSING, MISSING]);
      // Node's own function knows no such module, and says so by `undefined`.
      expect(getBuiltinModule).toContain('TypeError');
      expect(storage).toContain('Error');
      expect(readdirSync(folder())).toEqual([]);
    });

    it('F16 calls no natives, by the module of Node 26 or by one of its name', async () => {
      expect(Object.values(await outcomesOf(arena, 'ffi'))).toEqual([DENIED, DENIED, DENIED]);
    });

    it('F17 loads no engines, and no keys by URI', async () => {
      const key = join(folder(), '../key.pem');
      const { privateKey } = generateKeyPairSync('ed25519');
      writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const outcomes = await outcomesOf(arena, 'crypto', { key });
      expect(Object.keys(outcomes).length).toBe(8);
      expect(Object.entries(outcomes).filter(([, what]) => what.startsWith('got'))).toEqual([]);
      expect(outcomes['setEngine']).toBe('ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED');
    });

    it('F19 writes no report, snapshot, trace, profile, history or cache', async () => {
      const { 'a compile cache': cache, ...outcomes } = await outcomesOf(arena, 'writers', { folder: folder() });
      expect(cache).toBe('skipped');
      const { 'a history of the REPL': history, 'a directory for coverage': coverage, ...others } = outcomes;
      expect([history, coverage]).toEqual([expect.not.stringMatching(/^got/), 'nothing']);
      expect(Object.entries(others).filter(([, code]) => code !== DENIED)).toEqual([]);
      expect(Object.keys(others)).toHaveLength(9);
      expect(readdirSync(folder())).toEqual([]);
    });

    it(
      'F19 changes no setting of reports, whatever it does before it first asks for them',
      { timeout: 60_000 },
      async () => {
        const cases = dataOf(await arena.run('./reports.js#cases')) as { readonly disturbance: string }[];
        const outcomes: unknown[] = [];
        for (const tried of cases) outcomes.push(dataOf(await arena.run('./reports.js#changesLate', tried)));
        // The loader of Node itself does not bear each disturbance; without one, all routes lead to the report.
        const some: unknown = expect.any(Array);
        const failures = (disturbance: string): unknown => (disturbance === 'nothing' ? [] : some);
        expect(outcomes.map((told, at) => ({ ...cases[at], told }))).toEqual(
          cases.map((tried) => ({
            ...tried,
            told: { changed: [], failures: failures(tried.disturbance), setters: 0, count: 1 },
          })),
        );
      },
    );

    it('F19 leaves nothing behind where V8 has no room left', async () => {
      const before = readdirSync(pluginFile('f', ''));
      const quotas = { permissions: { quotas: { memoryMb: 32 } } };
      const bout = await arena.run('./natives.js#fillsHeap', { folder: folder() }, quotas);
      expect(codeOf(bout)).toBe('ERR_MEMORY_EXCEEDED');
      expect(readdirSync(folder())).toEqual([]);
      expect(readdirSync(pluginFile('f', ''))).toEqual(before);
    });

    it('F20 changes no times, modes and owners of a file that it may read', async () => {
      const file = pluginFile('f', 'circle.js');
      const before = factsOf(file);
      const { 'truncate of a handle': truncated, ...others } = await outcomesOf(arena, 'changes', { file });
      expect(Object.entries(others).filter(([, code]) => code !== DENIED)).toEqual([]);
      expect(Object.keys(others)).toHaveLength(14);
      // It was opened for reading: the kernel refuses.
      expect(truncated).toBe('EINVAL');
      expect(factsOf(file)).toEqual(before);
    });

    it('F20 changes nothing by methods that it took where a handle shows before the first was opened', async () => {
      const file = pluginFile('f', 'circle.js');
      const before = factsOf(file);
      const data = dataOf(await arena.run('./natives.js#changesByClass', { file }));
      const { 'a getter then': byGetter, ...others } = data as Readonly<Record<string, unknown>>;
      const denied = { chmod: DENIED, chown: DENIED, utimes: DENIED };
      // Node 26 shows none to such a getter.
      expect([denied, undefined]).toContainEqual(byGetter);
      expect(others).toEqual({ 'what is asked for its instances': denied });
      expect(factsOf(file)).toEqual(before);
    });

    it('F20 changes no mode by a handle that it saw before the sandbox did', async () => {
      const file = pluginFile('f', 'circle.js');
      const { mode } = statSync(file);
      expect(await outcomesOf(arena, 'changesFirst', { file })).toEqual({ 'the first handle': 'unseen' });
      expect(statSync(file).mode).toBe(mode);
    });

    it('F22 keeps nothing between runs, and reaches no other process by a name', async () => {
      for (const _ of ['first', 'second'])
        expect(dataOf(await arena.run('./natives.js#shared'))).toMatchObject({
          before: undefined,
          storage: 'undefined',
        });
      const name = `attack-${process.pid}`;
      const both = [1, 2].map(() => arena.run('./natives.js#speaks', { name, ms: 200 }));
      const nothing = { heard: [], locked: true };
      expect((await Promise.all(both)).map(dataOf)).toEqual([nothing, nothing]);
    });
  });
});

function factsOf(file: string): unknown {
  const { mode, uid, gid, mtimeMs, size } = statSync(file);
  return { mode, uid, gid, mtimeMs, size };
}

async function outcomesOf(arena: Arena, name: string, input: unknown = {}): Promise<Record<string, string>> {
  return dataOf(await arena.run(`./natives.js#${name}`, input)) as Record<string, string>;
}
