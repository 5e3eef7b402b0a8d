import { cpSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostSidePlaces, places } from '../scene.js';
import { dataOf, failureOf, openArena, pluginFile } from './arena.js';
import {
  changingVerbs,
  expectDenied,
  expectNothingTold,
  FILES,
  outcomesOf,
  picture,
  wordsOf,
  dryRunsIn,
} from './file-attempts.js';
import type { FileOutcome } from './file-attempts.js';

const everything = { capabilities: ['fs.*', 'config.write'] } as const;

/** All may be read and written below `data`, but for what these rules deny. */
function allBut(...deny: readonly string[]): Parameters<ReturnType<typeof openArena>['run']>[2] {
  return { ...everything, permissions: { fs: { mode: 'readWrite', allow: ['data'], deny } } };
}

/** Files of these names, with the folders that they need, below a folder. */
function lay(folder: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `text of ${name}`);
  }
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`trees${place.notRun}`, () => {
    const arena = openArena(place, 'a');

    it('A25 removes and moves nothing of a tree that holds what is denied, however far below', async () => {
      const { root } = arena.scene();
      const trees = ['folder/private/key', 'glob/b/c/d/key.pem', 'depth/b/k', 'list/b/.npmrc', 'git/.git/config'];
      const names = [...trees, 'bin/node_modules/.bin/tool', 'env/y/.env.local', 'last/zzz/zzz.pem'];
      lay(
        join(root, 'data/held'),
        names.flatMap((name) => [name, `${name.split('/')[0] ?? ''}/a`, `${name.split('/')[0] ?? ''}/z`]),
      );
      const before = picture(dirname(root));
      const calls = names.flatMap((name) => {
        const tree = `data/held/${name.split('/')[0] ?? ''}`;
        const spelt = tree.replace('/', '/.//');
        return [
          ['remove', tree, { recursive: true }],
          ['remove', spelt, { recursive: true }],
          ['rename', tree, 'data/moved'],
        ];
      });
      const grant = allBut('data/held/folder/private', '**/*.pem', 'data/held/*/b/?');
      for (const dryRun of dryRunsIn(place)) {
        const bout = await arena.run('calls', calls, { ...grant, dryRun });
        const words = wordsOf(bout);
        expect(words.filter((word) => !/^ERR_PERMISSION_DENIED (denied-by-rule|mandatory-deny)$/.test(word))).toEqual(
          [],
        );
        expect(bout.denied).toHaveLength(3 * names.length);
      }
      expect(picture(dirname(root))).toEqual(before);
      rmSync(join(root, 'data/held'), { recursive: true });
    });

    it('A25 carries nothing to where it would be denied, or allowed', async () => {
      const { root } = arena.scene();
      lay(join(root, 'data'), ['from/keys/a', 'from/b', 'to/x']);
      const before = picture(root);
      const calls = [
        ['rename', 'data/from', 'data/to/from'],
        ['rename', 'data/from/keys', 'data/to/from'],
      ] as const;
      const bout = await arena.run('calls', calls, allBut('data/to/from/keys', 'data/to/from/a'));
      expectDenied(bout, arena.scene(), 'ERR_PERMISSION_DENIED denied-by-rule');
      expect(picture(root)).toEqual(before);
      rmSync(join(root, 'data/from'), { recursive: true });
      rmSync(join(root, 'data/to'), { recursive: true });
    });

    it('A26 leaves denied names out of a listing and of a glob, and opens none of them', async () => {
      const { root } = arena.scene();
      lay(join(root, 'data/mixed'), ['a.txt', 'key.pem', '.env', 'private/b', 'open/c', 'open/key.pem']);
      symlinkSync('/etc', join(root, 'data/mixed/out'));
      const calls = [
        ['readDir', 'data/mixed'],
        ['glob', 'data/mixed/**'],
        ['readDir', 'data/mixed/private'],
      ] as const;
      const [listed, globbed, inside] = outcomesOf(
        await arena.run('calls', calls, allBut('**/*.pem', 'data/mixed/private')),
      );
      expect(listed).toEqual({
        ok: true,
        value: [
          { name: 'a.txt', kind: 'file' },
          { name: 'open', kind: 'directory' },
          // A link is neither: where it leads is not looked at.
          { name: 'out', kind: 'other' },
        ],
      });
      expect(globbed).toEqual({ ok: true, value: ['data/mixed/a.txt', 'data/mixed/open/c'] });
      expect(inside).toMatchObject({ ok: false, code: 'ERR_PERMISSION_DENIED', why: 'denied-by-rule' });
      rmSync(join(root, 'data/mixed'), { recursive: true });
    });

    it('A28 tells what a thing is not in codes, and never where it lies on the host', async () => {
      const { root } = arena.scene();
      lay(join(root, 'data'), ['full/x']);
      const bout = await arena.run(
        'calls',
        [
          ['readFile', 'data'],
          ['readFile', 'data/'],
          ['copy', 'data/full', 'data/other'],
          ['writeFile', 'data/full', 'x'],
          ['appendFile', 'data/full', 'x'],
          ['readDir', 'data/hello.txt'],
          ['glob', 'data/hello.txt/*'],
          ['readFile', 'data/hello.txt/x'],
          ['mkdir', 'data/hello.txt/x', { recursive: true }],
          ['readFile', 'data/none'],
          ['readDir', 'data/none/none'],
          ['remove', 'data/none'],
          ['mkdir', 'data/full'],
          ['remove', 'data/full'],
          ['rename', 'data/full', 'data/full/below'],
          ['rename', 'data/full', 'data/hello.txt'],
          ['rename', 'data/hello.txt', 'data/full'],
        ],
        allBut(),
      );
      const errnos = ['EISDIR', 'EISDIR', 'EISDIR', 'EISDIR', 'EISDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR', 'ENOTDIR']
        .concat(['ENOENT', 'ENOENT', 'ENOENT', 'EEXIST', 'ENOTEMPTY', 'EINVAL', 'ENOTDIR', 'EISDIR'])
        .map((errno) => `ERR_IO_FAILED ${errno}`);
      expect(wordsOf(bout)).toEqual(errnos);
      expectNothingTold(outcomesOf(bout), arena.scene());
      rmSync(join(root, 'data/full'), { recursive: true });
    });

    it('A29 keeps the code that runs, and the way to it, as it is', async () => {
      const { root } = arena.scene();
      const pluginRoot = join(root, 'data/plugins/own');
      cpSync(dirname(pluginFile('a')), pluginRoot, { recursive: true });
      linkSync(join(pluginRoot, 'handlers.js'), join(root, 'data/alias.js'));
      const before = picture(root);
      const paths = ['plugins/own/handlers.js', 'plugins/own/new.js', 'plugins/own/node_modules/x.js', 'plugins/own'];
      const calls = paths.flatMap((path) => changingVerbs(`data/${path}`));
      const around = [
        ['rename', 'data/plugins', 'data/elsewhere'],
        ['remove', 'data/plugins', { recursive: true }],
      ] as const;
      const bout = await arena.run('calls', [...calls, ...around], { ...allBut(), pluginRoot });
      expectDenied(bout, arena.scene(), 'ERR_PERMISSION_DENIED mandatory-deny');
      // The same file by another name, which the rules do not know.
      const aliased = [
        ['writeFile', 'data/alias.js', 'x'],
        ['appendFile', 'data/alias.js', 'x'],
      ] as const;
      expectDenied(await arena.run('calls', aliased, allBut()), arena.scene(), 'ERR_PERMISSION_DENIED hard-link');
      expect(picture(root)).toEqual(before);
      rmSync(join(root, 'data/plugins'), { recursive: true });
      rmSync(join(root, 'data/alias.js'));
    });

    it('A29 keeps the code of the runtime as it is, wherever the root lies', async () => {
      const root = join(import.meta.dirname, '../../../..');
      const names = ['runtime/dist/index.js', 'runtime/dist/new.js', 'sandbox/dist/index.js', 'permissions/dist/x.js'];
      const calls = names.flatMap((name) => [
        ['writeFile', `packages/${name}`, 'x'] as const,
        ['remove', `packages/${name}`] as const,
      ]);
      const grant = { ...everything, root, permissions: { fs: { mode: 'readWrite', allow: ['packages'] } } } as const;
      const bout = await arena.run('calls', calls, grant);
      expectDenied(bout, arena.scene(), 'ERR_PERMISSION_DENIED mandatory-deny');
      expect(bout.denied.map(({ operation }) => operation)).toEqual(names.flatMap(() => ['write', 'delete']));
    });

    it('A31 finds relative paths from the root, wherever the guest went', async () => {
      const list = [
        ['readFile', 'data/hello.txt', 'utf8'],
        ['readFile', 'handlers.js'],
        ['readFile', './hello.txt'],
        ['stat', 'data'],
      ];
      const bout = await arena.run('elsewhere', { folder: pluginFile('a', 'elsewhere'), list }, FILES);
      const { went, outcomes } = dataOf(bout) as { went: boolean; outcomes: FileOutcome[] };
      // A thread has its host's working directory and cannot change it, and a machine in wasm has none.
      expect(went).toBe(['in-process', 'fork', 'fork with the wall'].includes(place.name));
      const unasked = { ok: false, code: 'ERR_PERMISSION_DENIED', why: 'not-requested' };
      expect(outcomes).toMatchObject([{ ok: true, value: 'hello' }, unasked, unasked, { ok: true }]);
    });
  });
});

describe.each(places.filter(({ name }) => name.startsWith('fork')))('$name', (place) => {
  describe.skipIf(!place.works)(`the flags of Node${place.notRun}`, () => {
    const arena = openArena(place, 'a');

    it('A32 hands literal folders to Node, which would widen a star', async () => {
      const outer = dirname(arena.scene().root);
      lay(join(outer, 'g-secret'), ['x']);
      const tries = [
        ['readFileSync', join(outer, 'g-secret/x')],
        ['readFileSync', join(outer, 'secret.txt')],
        ['readdirSync', outer],
      ];
      for (const name of ['g', 'g?', 'g,h', 'g h']) {
        const pluginRoot = join(outer, name);
        cpSync(dirname(pluginFile('a')), pluginRoot, { recursive: true });
        const own = ['readFileSync', join(pluginRoot, 'package.json')];
        const words = dataOf(await arena.run('raw', [...tries, own], { pluginRoot })) as string[];
        expect(words).toEqual([...Array<string>(3).fill('ERR_ACCESS_DENIED'), expect.stringContaining('attack-a')]);
      }
      for (const name of ['g*', '*', 'g*/below']) {
        const pluginRoot = join(outer, name);
        cpSync(dirname(pluginFile('a')), pluginRoot, { recursive: true });
        failureOf(await arena.run('raw', tries, { pluginRoot }), 'ERR_CONFIG_INVALID');
      }
      // What a plugin may read by its rules, it reads through the gate: no rule becomes a flag.
      const globs = {
        capabilities: ['fs.read'],
        permissions: { fs: { mode: 'read', allow: ['*/**', 'data/**/*.txt'] } },
      } as const;
      const hello = ['readFileSync', join(arena.scene().root, 'data/hello.txt')];
      expect(dataOf(await arena.run('raw', [hello], globs))).toEqual(['ERR_ACCESS_DENIED']);
    });
  });
});
