import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createMemoryArtifactStore, parsePathTemplate, renderPathTemplate } from '@kb-labs/artifacts';
import type { ExecuteResult, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena, pluginFile } from './arena.js';
import type { Arena } from './arena.js';

/** Values that are no plain name of a file, on one system or another. */
const NO_NAMES: readonly string[] = [
  '../../etc/x',
  '..',
  '.',
  '',
  'a/../../b',
  '/etc/passwd',
  'a\\b',
  '..\\..\\x',
  'a\0b',
  'a\nb',
  'a\u007fb',
  'a\u0085b',
  'a\u2028b',
  'x'.repeat(300),
  'é'.repeat(128),
  'CON',
  'con.txt',
  'NUL .txt',
  'aux.tar.gz',
  'com1',
  'LPT¹',
  'CONIN$',
  'name.',
  'name ',
  'name. .',
  'a:b',
  'C:',
  'a*b',
  'a?b',
  'a|b',
  'a<b>',
  'a"b',
  '\ud800',
];
/** These as well, though a path may have them: nobody should have to think of what stands beside them. */
const NO_VALUES: readonly string[] = [...NO_NAMES, 'a/b', 'a..b', '...', 'x'.repeat(201)];
/** Names that look like tricks, and are what they say: nothing is decoded, folded or normalised. */
const ODD_NAMES: readonly string[] = ['%2e%2e', '%2F', '．．', '․․', '~', '$HOME', '{x}', '-rf', 'a b', '🙂', 'é'];

/** Two paths for one file, on one system or another. */
const TWINS: readonly (readonly [string, string])[] = [
  ['Report.md', 'report.md'],
  ['caf\u00e9.md', 'cafe\u0301.md'],
  ['straße', 'STRASSE'],
  ['\u03c3\u03c2', '\u03c3\u03c3'],
  ['a\u200db', 'ab'],
  ['a\ufeffb', 'ab'],
  ['a.txt', 'a.txt/b.txt'],
  ['d/e/f', 'd/e'],
  ['Dir/one.txt', 'dIR/one.txt'],
];

const everything = { artifacts: { read: [{ from: 'self', paths: ['**'] }], write: [{ paths: ['**'] }] } } as const;

function grantOf(more: Partial<PluginContextOptions> = {}): Partial<PluginContextOptions> {
  const plugin = { id: 'attack-l', version: '1.0.0' };
  return { plugin, capabilities: ['artifacts.*'], permissions: everything, ...more };
}

/** Runs a handler whose manifest stores its output under these templates. */
function declare(
  arena: Arena,
  templates: readonly string[],
  options: Partial<PluginContextOptions>,
): Promise<ExecuteResult> {
  const { runtime, grant } = arena.scene();
  const manifest = {
    schema: 'kb.plugin/1',
    id: 'attack-l',
    version: '1.0.0',
    engines: { runtime: '*' },
    handlers: { gives: { handler: './handlers.js#gives' } },
    artifacts: templates.map((pathTemplate, index) => ({ name: `one-${index}`, pathTemplate })),
  };
  return runtime.execute('gives', 'x', grant({ pluginRoot: dirname(pluginFile('l')), ...options }), manifest);
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`names of artifacts${place.notRun}`, () => {
    const arena = openArena(place, 'l');

    it('L01 refuses a value that climbs out of the template, before anything runs', async () => {
      for (const value of ['../../etc/x', '..', '../x', 'a/../../b', '..\\..\\x']) {
        const asName = await declare(arena, ['{runId}/{name}'], { templateVariables: { name: value } });
        const asProfile = await declare(arena, ['{profile}/x'], { profile: value });
        for (const result of [asName, asProfile]) {
          expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ARTIFACT_PATH_INVALID' }, artifacts: [] });
          expect(result.confinement).toBeUndefined();
        }
      }
      expect(existsSync(join(arena.scene().root, '.kb'))).toBe(false);
      const fine = await declare(arena, ['{runId}/{name}'], { templateVariables: { name: 'x.txt' } });
      expect(fine.artifacts.map(({ path }) => path)).toEqual([`${fine.executionId}/x.txt`]);
    });

    it('L01 denies a path that climbs out, in every spelling of an address', async () => {
      const addresses = [
        '../../etc/x',
        'a/../../../x',
        'artifact://self/../x',
        'artifact://self/%2e%2e/x',
        'artifact://self/%2E%2e%2Fx',
        'artifact://self/a%2F..%2F..%2Fx',
        'artifact://attack-l/..%5c..%5cx',
        '/etc/x',
        'file:///etc/x',
        'artifact:///etc/x',
      ];
      const bout = await arena.run('writes', addresses, grantOf());
      expect(dataOf(bout)).toEqual(addresses.map(() => 'ERR_ARTIFACT_PATH_INVALID'));
      expect(bout.denied.map(({ kind, target }) => [kind, target])).toEqual(
        addresses.map((path) => ['artifact', path]),
      );
    });

    it('L02 refuses what is no plain name somewhere, and takes what only looks like a trick', async () => {
      const artifactStore = createMemoryArtifactStore();
      const paths = [...NO_NAMES, ...ODD_NAMES].map((name) => `out/${name}/x`);
      const bout = await arena.run('writes', paths, grantOf({ artifactStore }));
      const refused = NO_NAMES.map(() => 'ERR_ARTIFACT_PATH_INVALID');
      expect(dataOf(bout)).toEqual([...refused, ...paths.slice(NO_NAMES.length)]);
      expect(bout.denied).toHaveLength(NO_NAMES.length);
    });

    it('L04 coerces no object to a path', async () => {
      // Where an object has functions it cannot even be sent, and where it has none it is no string.
      const { outcomes, asked } = Object(dataOf(await arena.run('writesUnderObjects', {}, grantOf())));
      expect([outcomes, asked]).toEqual([['ERR_INVALID_ARGUMENT'], 0]);
    });

    it('L05 makes a conflict of names that some file system takes for one', async () => {
      const paths = TWINS.slice(0, 4).flatMap(([one, other], place) => [
        `${place}/${one}`,
        `${place}/${other}`,
        `${place}/${one}`,
      ]);
      expect(dataOf(await arena.run('writes', paths, grantOf()))).toEqual(
        paths.map((path, place) => (place % 3 === 1 ? 'ERR_ARTIFACT_CONFLICT' : path)),
      );
    });

    it('L05 writes none of the artifacts that a manifest gives one name', async () => {
      const templates = ['{runId}/Report.md', '{runId}/report.md'];
      const result = await declare(arena, templates, { artifactStore: createMemoryArtifactStore() });
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ARTIFACT_CONFLICT' }, artifacts: [] });
    });

    it('L05 lets one of many through that come at once, and takes two spellings of one address for one', async () => {
      const names = ['Race.md', 'RACE.md', 'race.md', 'rAce.md', 'racE.md'];
      const outcomes = Array.from(Object(dataOf(await arena.run('writesAtOnce', names, grantOf()))));
      expect(outcomes.filter((outcome) => outcome !== 'ERR_ARTIFACT_CONFLICT')).toHaveLength(1);
      // An artifact has one address: an escape that none is needed for is no second way to write it.
      const spellings = [
        'one.md',
        'artifact://self/one.md',
        'artifact://attack-l/%6fne.md',
        'artifact://ATTACK-L/one.md',
      ];
      const invalid = 'ERR_ARTIFACT_PATH_INVALID';
      expect(dataOf(await arena.run('writes', spellings, grantOf()))).toEqual(['one.md', 'one.md', invalid, invalid]);
    });
  });
});

describe('pure rules', () => {
  const template = parsePathTemplate('{runId}/{name}.md', { variables: ['runId', 'name'] });
  const render = (name: unknown): string =>
    // What a host hands in may be anything, whatever the types say.
    renderPathTemplate(template, { runId: 'run-1', name } as Readonly<Record<string, string>>);

  it.each(NO_VALUES)('L02 a value is no plain name: %j', (value) => {
    expect(() => render(value)).toThrow(expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }));
  });

  it('L01 a value stays one segment, whatever stands around it', () => {
    for (const name of ODD_NAMES) expect(render(name)).toBe(`run-1/${name}.md`);
    // Each half is a plain name, and together they would be a device, or a name too long.
    const glued = parsePathTemplate('{x}{y}', { variables: ['x', 'y'] });
    for (const [x, y] of [
      ['c', 'on'],
      ['x'.repeat(200), 'y'.repeat(200)],
    ] as const) {
      expect(() => renderPathTemplate(glued, { x, y })).toThrow(
        expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }),
      );
    }
  });

  it('L04 a value that is no string is refused without being asked for its text', () => {
    let asked = 0;
    const shifty = { toString: () => `${(asked += 1)}`, [Symbol.toPrimitive]: () => `${(asked += 1)}` };
    for (const value of [
      shifty,
      new String('x'),
      ['x'],
      7,
      7n,
      null,
      undefined,
      Symbol('x'),
      () => 'x',
      { length: 1 },
    ]) {
      expect(() => render(value)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    }
    expect(asked).toBe(0);
  });

  it('L05 the store in memory makes a conflict of each two names that some file system takes for one', async () => {
    const options = { contentType: 'text/plain', maxBytes: 1, signal: new AbortController().signal };
    for (const [one, other] of TWINS) {
      const store = createMemoryArtifactStore();
      const put = (path: string): Promise<unknown> => store.put({ pluginId: 'acme', path }, Buffer.from('x'), options);
      await put(one);
      await expect(put(other)).rejects.toMatchObject({ code: 'ERR_ARTIFACT_CONFLICT' });
    }
  });
});
