import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePlaces } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';

/** On a machine that is busy with others. */
const PATIENT = { timeout: 15_000, interval: 5 };

const HOSTILE = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
const hostile = (): unknown => JSON.parse(HOSTILE);
const untouched = (): void => {
  expect([Reflect.get({}, 'isAdmin'), Reflect.get([], 'isAdmin'), Reflect.get(() => 0, 'isAdmin')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
};

const ways = {
  capabilities: ['fs.read', 'fs.write', 'events.publish', 'artifacts.read', 'artifacts.write', 'analytics.track'],
  permissions: {
    fs: { mode: 'readWrite', allow: ['data'] },
    events: { produce: ['keys', 'odd'] },
    artifacts: { read: [{ from: 'self', paths: ['**'] }], write: [{ paths: ['**'] }] },
  },
} as const;

/** Room for what is only made to be refused. */
const MUCH = { permissions: { quotas: { memoryMb: 1_024, timeoutMs: 20_000 } } };
const ALL_WAYS = { ...ways, permissions: { ...ways.permissions, ...MUCH.permissions } };
/** Takes long to make, once is enough. */
const HEAVY: ReadonlySet<string> = new Set([
  'a bigint of a million digits',
  'a quarter million keys',
  'a map of a quarter million',
  'a set of half a million',
  'a quarter million empty lists',
  'ten thousand causes',
  'hundred thousand lists',
  'hundred thousand records',
  'hundred thousand maps',
]);

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`values${place.notRun}`, () => {
    const arena = openArena(place, 'h');

    it('H01 takes __proto__ and constructor for names like any other, both ways', async () => {
      expect(dataOf(await arena.run('inspects', hostile()))).toEqual({
        own: ['__proto__', 'constructor'],
        plain: true,
        admin: 'nothing',
        polluted: 'nothing',
      });
      const given = dataOf(await arena.run('echo', hostile())) as object;
      expect(Object.getPrototypeOf(given)).toBe(Object.prototype);
      expect(JSON.stringify(given)).toBe(HOSTILE);
      expect(Object.getOwnPropertyDescriptor(given, '__proto__')?.value).toEqual({ isAdmin: true });
      untouched();
    });

    it('H01 keeps them data on every way out, and in all that is told of the run', async () => {
      const bout = await arena.run('pollutes', {}, ways);
      expect(JSON.stringify((dataOf(bout) as unknown[])[0])).toBe(HOSTILE);
      expect(JSON.stringify(bout.result.logs[0]?.fields)).toBe(HOSTILE);
      expect(await readFile(join(arena.scene().root, 'data/keys.json'), 'utf8')).toBe(HOSTILE);
      const calls = arena.scene().events.flatMap((event) => (event.type === 'host-call' ? [event] : []));
      const publish = calls.find(({ name }) => name === 'events.publish');
      expect(JSON.stringify(publish?.args[1])).toBe(HOSTILE);
      untouched();
    });

    it('H02 merges none of it into what a host writes', async () => {
      const { grant } = arena.scene();
      const wrong = [
        { permissions: hostile() },
        { permissions: { fs: JSON.parse('{"mode":"read","allow":[],"__proto__":{"allow":["."]}}') } },
        { permissions: { quotas: JSON.parse('{"constructor":{"prototype":{"timeoutMs":1}}}') } },
        JSON.parse('{"constructor":{"prototype":{"capabilities":["fs.read"]}}}'),
      ] as object[];
      for (const options of wrong)
        expect(() => grant(options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
      untouched();
    });

    it('H04 H05 H10 refuses what it cannot give back as it is, in words of its own', async () => {
      const names = dataOf(await arena.run('unsendableNames')) as string[];
      // The same code refuses everywhere: where each run costs a place of its own, a part shows that it is there.
      const tried =
        place.name === 'in-process' ? names : names.filter((name, index) => index % 4 === 0 && !HEAVY.has(name));
      for (const name of tried) {
        const failed = failureOf(await arena.run('gives', name, MUCH), 'ERR_OUTPUT_INVALID');
        expect([name, failed.stage, failed.http]).toEqual([name, 'output', 502]);
        expect(failed.message).not.toContain('never told');
        expect(failed.message.length).toBeLessThan(1_000);
      }
    });

    it('H05 H07 H10 refuses it as an argument as well, and keeps its log going', async () => {
      const names = (dataOf(await arena.run('unsendableNames')) as string[]).filter((name) => !HEAVY.has(name));
      const told = dataOf(await arena.run('passes', names, ALL_WAYS)) as Record<string, string>;
      const kinds = new Set(Object.values(told));
      expect(kinds).toEqual(new Set(['ERR_INVALID_ARGUMENT']));
      const logged = await arena.run('logsAll', names, MUCH);
      expect(dataOf(logged)).toBe(names.length);
      expect(logged.result.logs.map(({ text }) => text)).toEqual([...names, 'text of its own']);
      for (const { fields } of logged.result.logs.slice(0, -1))
        expect(fields).toEqual({ unsendable: expect.any(String) });
    });

    it('H07 refuses an input of a hundred thousand levels, and the host’s stack does not overflow', async () => {
      let input: unknown = 0;
      for (let level = 0; level < 100_000; level += 1) input = [input];
      expect(failureOf(await arena.run('echo', input), 'ERR_INPUT_INVALID').message).toContain('64 levels');
    });

    it('H10 refuses two gigabytes by their size', async () => {
      // An engine in WebAssembly has no room for them: there, as much as the quota of memory lets it have.
      const bytes = place.name === 'quickjs' ? 2 ** 25 : 2 ** 31;
      const error = failureOf(await arena.run('large', bytes, MUCH), 'ERR_OUTPUT_EXCEEDED');
      expect(error.details).toMatchObject({ quota: 'maxResultBytes', used: expect.any(Number) });
    });

    it('H11 gives back numbers, dates and errors as they were, and null for nothing but null', async () => {
      expect(dataOf(await arena.run('numbers'))).toEqual({
        nan: Number.NaN,
        infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
        zero: -0,
        date: new Date(86_400_000),
        invalid: new Date(Number.NaN),
        big: [2n ** 64n, -1n],
        error: expect.objectContaining({ name: 'RangeError', message: 'told' }),
        nothing: undefined,
        list: [undefined, null],
        set: new Set([Number.NaN, 0]),
      });
    });

    it.each(['shared', 'sharedView'])('H14 shares no memory: %s', async (name) => {
      expect(failureOf(await arena.run(name), 'ERR_OUTPUT_INVALID').message).toContain('/at');
    });

    it('H16 keeps names apart that look alike, or refuses the second', async () => {
      for (const names of [
        ['\u00e9', 'e\u0301'],
        ['A', 'a'],
        ['\ufb01', 'fi'],
      ]) {
        const { told, texts } = dataOf(await arena.run('twins', names, ways)) as { told: string[]; texts: string[] };
        expect(told[0]).toBe('ok');
        expect(['ok', 'ERR_ARTIFACT_CONFLICT', 'ERR_ARTIFACT_PATH_INVALID']).toContain(told[1]);
        expect(texts[0]).toBe(names[0]);
        expect([names[1], 'ERR_ARTIFACT_NOT_FOUND', 'ERR_ARTIFACT_PATH_INVALID']).toContain(texts[1]);
      }
    });

    it('H17 hands a handler a copy: what either side changes later, the other does not see', async () => {
      const input = { rights: ['read'], list: ['kept'] };
      expect(dataOf(await arena.run('changes', input))).toBe('{"rights":["read"],"list":["kept"]}');
      expect(input).toEqual({ rights: ['read'], list: ['kept'] });
      const running = arena.run('seesAgain', input);
      const { events } = arena.scene();
      const before = events.length;
      await expect.poll(() => events.slice(before).some(({ type }) => type === 'handler-input'), PATIENT).toBe(true);
      input.rights.push('write');
      const [first, second] = dataOf(await running) as string[];
      expect(second).toBe(first);
    });

    it('H16 reads no name for another, whatever a handler has sent before (nodejs/node#63785)', async () => {
      expect(dataOf(await arena.run('poisons'))).toEqual({ h: [], '\\': 0, nested: { i: [], '\\u': 0 } });
      const given = dataOf(await arena.run('poisoned')) as Record<string, object>;
      expect([Object.keys(given), Object.keys(given['nested'] ?? {})]).toEqual([
        ['h', '"', '\n', 'nested'],
        ['i', '\u0001\u0002'],
      ]);
      expect(Object.keys(JSON.parse(String.raw`{"h":1,"\"":2}`) as object)).toEqual(['h', '"']);
    });
  });
});
