import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces, places } from '../scene.js';
import type { Scene } from '../scene.js';
import { dataOf, failureOf, openArena, pluginFile } from './arena.js';
import {
  everyVerb,
  expectNothingTold,
  FILES,
  outcomesOf,
  picture,
  wordOf,
  wordsOf,
  dryRunsIn,
} from './file-attempts.js';
import type { FileCall } from './file-attempts.js';

const LINK = 'ERR_PERMISSION_DENIED link';

/** What each verb says to a link that is named itself, in the order of `everyVerb`. */
const ON_A_LINK: Readonly<Record<string, string>> = {
  // Facts of the link, of which one is that it is neither a file nor a folder.
  stat: 'ok',
  // Something stands there already, wherever it may lead.
  mkdir: 'ERR_IO_FAILED EEXIST',
};

/** All verbs on a link itself, but for the one that takes the link away. */
function verbsOnLink(path: string): readonly FileCall[] {
  return everyVerb(path).filter(([name]) => name !== 'remove');
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`links${place.notRun}`, () => {
    const arena = openArena(place, 'a');
    const at = (name: string): string => join(arena.scene().root, 'data', name);

    beforeEach(() => {
      mkdirSync(at('links'));
      mkdirSync(at('inside/deep'), { recursive: true });
      writeFileSync(at('inside/file'), 'inside');
    });

    afterEach(() => {
      rmSync(at('links'), { recursive: true, force: true });
      rmSync(at('inside'), { recursive: true, force: true });
      writeFileSync(at('hello.txt'), 'hello');
    });

    /** Tries all with the links and through them, dry and for real, and takes them away at last: what was let through, and what it changed. */
    async function follow(
      targets: Readonly<Record<string, string>>,
      below: readonly string[],
    ): Promise<readonly unknown[]> {
      const outside = dirname(arena.scene().root);
      const names = Object.keys(targets);
      const untouched = picture(outside);
      for (const [name, target] of Object.entries(targets)) symlinkSync(target, at(`links/${name}`));
      const linked = picture(outside);
      const onLinks = names.flatMap((name) => verbsOnLink(`data/links/${name}`));
      const through = names.flatMap((name) => below.flatMap((rest) => everyVerb(`data/links/${name}/${rest}`)));
      const removals = names.map((name) => ['remove', `data/links/${name}`] as const);
      const calls = [...onLinks, ...through, ...removals];
      const expected = [
        ...onLinks.map(([name]) => ON_A_LINK[name] ?? LINK),
        ...through.map(() => LINK),
        ...names.map(() => 'ok'),
      ];
      const followed: unknown[] = [];
      for (const dryRun of dryRunsIn(place)) {
        expect(picture(outside)).toEqual(linked);
        const bout = await arena.run('calls', calls, { ...FILES, dryRun });
        const words = wordsOf(bout);
        followed.push(
          ...calls.flatMap((call, index) => (words[index] === expected[index] ? [] : [[call, words[index]]])),
        );
        expect(bout.denied).toHaveLength(expected.filter((word) => word === LINK).length);
        expectNothingTold(outcomesOf(bout), arena.scene());
      }
      expect(picture(outside)).toEqual(untouched);
      return followed;
    }

    it('B01 follows no absolute link', async () => {
      const outside = dirname(arena.scene().root);
      const targets = {
        file: join(outside, 'secret.txt'),
        folder: outside,
        top: '/',
        nowhere: join(outside, 'made-by-a-link'),
      };
      expect(await follow(targets, ['secret.txt', 'none', '.kb/x'])).toEqual([]);
    });

    it('B02 follows no relative link', async () => {
      const targets = { file: '../../../secret.txt', folder: '../../..', up: '..', nowhere: '../../../made-by-a-link' };
      expect(await follow(targets, ['secret.txt', 'root/data/hello.txt'])).toEqual([]);
    });

    it('B04 follows no chain of links, and ends at a loop', async () => {
      const targets = {
        one: 'two',
        two: 'three',
        three: '../../../secret.txt',
        round: 'about',
        about: 'round',
        self: 'self',
      };
      expect(await follow(targets, ['x'])).toEqual([]);
    });

    it('B05 follows no link that stays inside either: there is no option that would', async () => {
      // Stricter than the row: what a link leads to could change between two looks at it, and a plugin can be told the real path. A
      // policy that asks for more than there is is refused, rather than taken for one that does not ask.
      expect(
        await follow({ file: '../hello.txt', folder: '../inside', absolute: at('hello.txt'), here: '.' }, [
          'file',
          'deep',
        ]),
      ).toEqual([]);
      const asking = { fs: { mode: 'read', allow: ['data'], symlinks: 'within-root' } };
      expect(() => arena.scene().grant({ permissions: asking as never })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
      );
    });

    it('B02 takes .. behind a link for the folder that the link stands in', async () => {
      symlinkSync('../../..', at('links/out'));
      writeFileSync(at('links/secret.txt'), 'inside');
      const calls = [
        ['readFile', 'data/links/out/../secret.txt', 'utf8'],
        ['readFile', 'data/links/out/../../hello.txt', 'utf8'],
        ['readFile', 'data/links/out/../../../../secret.txt', 'utf8'],
      ] as const;
      const outcomes = outcomesOf(await arena.run('calls', calls, FILES));
      expect(outcomes).toMatchObject([{ value: 'inside' }, { value: 'hello' }, { ok: false, why: 'outside-root' }]);
    });

    it('B01 writes no file that has a second name, which may lie anywhere', async () => {
      const outside = join(dirname(arena.scene().root), 'secret.txt');
      linkSync(outside, at('links/hard'));
      const name = 'data/links/hard';
      const calls = [
        ['writeFile', name, 'x'],
        ['appendFile', name, 'x'],
        ['rename', 'data/hello.txt', name],
        ['copy', 'data/hello.txt', name],
      ] as const;
      for (const dryRun of dryRunsIn(place)) {
        const bout = await arena.run('calls', calls, { ...FILES, dryRun });
        expect(wordsOf(bout)).toEqual(calls.map(() => 'ERR_PERMISSION_DENIED hard-link'));
      }
      expect(readFileSync(outside, 'utf8')).toBe('the secret');
      // Whoever could make the name could read the file: reading it is for the rules alone, as packages are linked like that.
      expect(wordsOf(await arena.run('calls', [['readFile', name]], FILES))).toEqual(['ok']);
    });

    it('B07 has no verb that makes links, or changes owners and modes', async () => {
      expect(dataOf(await arena.run('verbs', {}, FILES))).toEqual([
        'appendFile',
        'copy',
        'glob',
        'mkdir',
        'readDir',
        'readFile',
        'remove',
        'rename',
        'stat',
        'writeFile',
      ]);
    });

    it('B08 denies a link that came to point outside because its folder was moved', async () => {
      mkdirSync(at('inside/a/b/c'), { recursive: true });
      symlinkSync('../../../../secret.txt', at('inside/a/b/c/up'));
      symlinkSync('../../../..', at('inside/a/b/c/tree'));
      const calls = [
        ['rename', 'data/inside/a/b/c', 'data/c'],
        ['readFile', 'data/c/up'],
        ['writeFile', 'data/c/up', 'x'],
        ['readFile', 'data/c/tree/secret.txt'],
        ['readDir', 'data/c/tree'],
        ['remove', 'data/c', { recursive: true }],
      ] as const;
      const bout = await arena.run('calls', calls, FILES);
      expect(wordsOf(bout)).toEqual(['ok', LINK, LINK, LINK, LINK, 'ok']);
      expect(readFileSync(join(dirname(arena.scene().root), 'secret.txt'), 'utf8')).toBe('the secret');
    });

    it('B22 denies a root that has become a link, or lies behind one, and one that is not there', async () => {
      const outside = dirname(arena.scene().root);
      const parent = join(outside, 'later');
      const root = join(parent, 'root');
      const grant = (): ReturnType<Scene['grant']> =>
        arena.scene().grant({ ...FILES, root, pluginRoot: dirname(pluginFile('a')) });
      expect(grant).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
      mkdirSync(join(root, 'data'), { recursive: true });
      const granted = grant();
      const words = async (): Promise<readonly string[]> => {
        const result = await arena.scene().runtime.execute('./handlers.js#calls', everyVerb('data/hello.txt'), granted);
        return [...new Set(outcomesOf({ result, denied: [] }).map(wordOf))];
      };
      rmSync(parent, { recursive: true });
      expect(await words()).toEqual(['ERR_IO_FAILED ENOENT']);
      symlinkSync(outside, parent);
      expect(await words()).toEqual(['ERR_PERMISSION_DENIED root-moved']);
      rmSync(parent);
      mkdirSync(parent);
      symlinkSync(arena.scene().root, root);
      expect(await words()).toEqual([LINK]);
      expect(readdirSync(at('.'))).toEqual(['hello.txt', 'inside', 'links']);
      rmSync(parent, { recursive: true });
    });

    it('B23 denies a move or a copy with one end outside of what is granted', async () => {
      mkdirSync(at('private'));
      writeFileSync(at('private/key'), 'the secret');
      mkdirSync(join(arena.scene().root, 'other'), { recursive: true });
      writeFileSync(join(arena.scene().root, 'other/file'), 'the secret');
      const before = picture(dirname(arena.scene().root));
      const ends = [
        'data/private/key',
        'data/private',
        'other/file',
        'other',
        '../secret.txt',
        'data/.npmrc',
        'data/.ssh/x',
      ];
      const calls = ends.flatMap((end) => [
        ['rename', end, 'data/taken'] as const,
        ['copy', end, 'data/taken'] as const,
        ['rename', 'data/hello.txt', end] as const,
        ['rename', 'data/inside', end] as const,
        ['copy', 'data/hello.txt', end] as const,
      ]);
      for (const dryRun of dryRunsIn(place)) {
        const bout = await arena.run('calls', calls, { ...FILES, dryRun });
        expect(wordsOf(bout).filter((word) => !word.startsWith('ERR_PERMISSION_DENIED'))).toEqual([]);
        expect(bout.denied).toHaveLength(calls.length);
      }
      expect(picture(dirname(arena.scene().root))).toEqual(before);
      rmSync(at('private'), { recursive: true });
    });
  });
});

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`the files of Node${place.notRun}`, () => {
    const arena = openArena(place, 'a');

    it('B07 make no link either', async () => {
      const own = dirname(pluginFile('a'));
      const calls = [
        ['symlinkSync', '/etc/passwd', join(own, 'link')],
        ['symlinkSync', '../../secret.txt', join(own, 'link')],
        ['linkSync', pluginFile('a'), join(own, 'link')],
        ['renameSync', pluginFile('a'), join(own, 'moved.js')],
        ['mkdirSync', join(own, 'made')],
        ['chmodSync', pluginFile('a'), 0o777],
      ];
      const words = dataOf(await arena.run('raw', calls)) as readonly string[];
      expect(words).toEqual(calls.map(() => 'ERR_ACCESS_DENIED'));
      expect(readdirSync(own)).toEqual(['elsewhere', 'handlers.js', 'package.json']);
      failureOf(await arena.run('none'), 'ERR_HANDLER_NOT_FOUND');
    });
  });
});
