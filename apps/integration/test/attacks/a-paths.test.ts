import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import type { Bout } from './arena.js';
import {
  everyVerb,
  expectDenied,
  expectNothingTold,
  FILES,
  outcomesOf,
  picture,
  wordOf,
  wordsOf,
  dryRunsIn,
} from './file-attempts.js';
import type { FileOutcome } from './file-attempts.js';

const OUTSIDE = 'ERR_PERMISSION_DENIED outside-root';
const UNASKED = 'ERR_PERMISSION_DENIED not-requested';
const FORBIDDEN = 'ERR_PERMISSION_DENIED mandatory-deny';
// A path that is none is the caller's mistake and no question of rights: the code says so, and the audit has the denial all the same.
const NO_PATH = 'ERR_INVALID_ARGUMENT';

/** Every verb is refused for each of these paths, in this word. */
const refused: readonly (readonly [title: string, word: string, paths: readonly string[]])[] = [
  [
    'A01 denies a path that climbs out',
    OUTSIDE,
    ['../secret.txt', './../secret.txt', './/..//secret.txt', '/etc/passwd'],
  ],
  [
    'A02 denies a path that goes in and climbs out',
    OUTSIDE,
    ['data/../../secret.txt', 'data/./.././../secret.txt', 'data/no/../../../x'],
  ],
  ['A02 denies a path that goes in and out to a neighbour', UNASKED, ['data/../other', 'data/../data2/x']],
  [
    'A05 denies a sibling whose name begins like the root',
    OUTSIDE,
    ['../root-beside/x', '../root.txt', '../roo', '../ROOT/data/hello.txt'],
  ],
  [
    'A05 denies a sibling whose name begins like an allowed folder',
    UNASKED,
    ['data-beside/x', 'data-beside', 'dat', 'data.txt', 'DATA/hello.txt', ' data/hello.txt', 'data /x'],
  ],
  [
    'A07 refuses NUL and other control characters before the disk is asked',
    NO_PATH,
    ['data/a\0.txt', 'data/hello.txt\0', '\0', 'data/\n', 'data/\r\nx', 'data/\u001b[2J', 'data/\u0085', 'data/\u007f'],
  ],
  [
    'A08 does not decode',
    UNASKED,
    ['%2e%2e/secret.txt', '%2e%2e%2fsecret.txt', 'file:///etc/passwd', 'file:data/x', 'data%2fhello.txt'],
  ],
  [
    'A14 refuses endless paths',
    NO_PATH,
    [
      'a'.repeat(10_000),
      `data/${'a'.repeat(256)}`,
      `data/${'a/'.repeat(5000)}x`,
      '../'.repeat(3000),
      `data/${'a/'.repeat(128)}x`,
    ],
  ],
  [
    'A16 expands nothing',
    UNASKED,
    ['~/.profile', '~root/x', '$HOME/x', '${HOME}/x', '%USERPROFILE%/x', '`id`', '{data,..}/x', '[d]ata/x', '*'],
  ],
  [
    'A16 keeps the names of secrets to itself',
    FORBIDDEN,
    ['~/.ssh/id_rsa', '$HOME/.aws/credentials', 'data/.env', 'data/x/.npmrc'],
  ],
  // On Windows it separates: that is in the pure rules.
  [
    'A17 takes a backslash for a plain character here',
    UNASKED,
    ['data\\..\\..\\secret.txt', '..\\secret.txt', 'data\\hello.txt'],
  ],
  [
    'A23 folds no look-alikes into dots, slashes or letters',
    UNASKED,
    [
      '．．/secret.txt',
      '..／secret.txt',
      '‥/secret.txt',
      'ｄata/hello.txt',
      'dаta/hello.txt',
      'data∕hello.txt',
      'data\u200b/x',
    ],
  ],
];

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`paths${place.notRun}`, () => {
    const arena = openArena(place, 'a');

    /** All of them in one run: what a row needs is its part of it. */
    let bouts: readonly Bout[] = [];
    const pictures: unknown[] = [];
    beforeAll(async () => {
      const { root } = arena.scene();
      for (const beside of [`${root}-beside`, join(root, 'data-beside')]) {
        mkdirSync(beside, { recursive: true });
        writeFileSync(join(beside, 'x'), 'the secret');
      }
      pictures.push(picture(dirname(root)));
      const calls = refused.flatMap(([, , paths]) => paths.flatMap(everyVerb));
      const tried: Bout[] = [];
      for (const dryRun of dryRunsIn(place)) tried.push(await arena.run('calls', calls, { ...FILES, dryRun }));
      bouts = tried;
      pictures.push(picture(dirname(root)));
    }, 120_000);

    it.each(refused.map(([title, word, paths], index) => ({ title, word, paths, index })))(
      '$title',
      ({ word, paths, index }) => {
        const start = refused.slice(0, index).flatMap(([, , earlier]) => earlier.flatMap(everyVerb)).length;
        const calls = paths.flatMap(everyVerb);
        expect(bouts).toHaveLength(dryRunsIn(place).length);
        expect(pictures[1]).toEqual(pictures[0]);
        for (const bout of bouts) {
          const outcomes = outcomesOf(bout).slice(start, start + calls.length);
          expect(outcomes.map(wordOf)).toEqual(calls.map(() => word));
          // One denial for each call, in the order of the calls.
          expect(bout.denied.slice(start, start + calls.length).map(({ decision }) => decision.allowed)).toEqual(
            calls.map(() => false),
          );
          expectNothingTold(outcomes, arena.scene());
        }
      },
    );

    it('A01 denies a pattern that climbs out, and tells of it', async () => {
      const patterns = ['../*', '..', 'data/../../*.txt', '/etc/*', '/*'];
      const calls = patterns.map((pattern) => ['glob', pattern] as const);
      const bout = await arena.run('calls', calls, FILES);
      expectDenied(bout, arena.scene(), OUTSIDE);
      expect(bout.denied.map(({ target }) => target)).toEqual(patterns);
    });

    it('A04 decides on an absolute path below the root as on the relative one', async () => {
      const { root } = arena.scene();
      const paths = ['data/hello.txt', 'data', 'data/../data/hello.txt', 'other', '../secret.txt', 'data/private/x'];
      const spellings = (path: string): readonly string[] => [path, `${root}/${path}`, `/..//${root}///./${path}`];
      const calls = paths.flatMap(spellings).map((path) => ['stat', path] as const);
      const denied = ['not-requested', 'outside-root', 'denied-by-rule'].map((why) => `ERR_PERMISSION_DENIED ${why}`);
      expect(wordsOf(await arena.run('calls', calls, FILES))).toEqual(
        ['ok', 'ok', 'ok', ...denied].flatMap((word) => [word, word, word]),
      );
    });

    it('A08 A17 writes escapes and backslashes as the names that they are', async () => {
      const names = [
        '%2e%2e',
        '%2E%2E%2Fsecret.txt',
        '..%2fsecret.txt',
        '%252e%252e',
        '%00',
        '&#46;&#46;',
        '..\\..\\x',
      ];
      const calls = names.flatMap((name) => [
        ['writeFile', `data/${name}`, name] as const,
        ['readFile', `data/${name}`, 'utf8'] as const,
        ['remove', `data/${name}`] as const,
      ]);
      const before = picture(dirname(arena.scene().root));
      const outcomes = outcomesOf(await arena.run('calls', calls, FILES));
      expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
      expect(outcomes.filter((_, index) => index % 3 === 1)).toEqual(names.map((value) => ({ ok: true, value })));
      expect(picture(dirname(arena.scene().root))).toEqual(before);
    });

    it('A10 A11 A13 takes nothing for a path but a well-formed string, and asks no object twice', async () => {
      const before = picture(dirname(arena.scene().root));
      const bout = await arena.run('strangePaths', {}, FILES);
      const { asked, outcomes } = dataOf(bout) as { asked: number; outcomes: Record<string, FileOutcome> };
      const words = Object.entries(outcomes).map(([title, outcome]) => [title, wordOf(outcome)]);
      expect(words).toHaveLength(18 * 7);
      expect(words.filter(([, word]) => word !== NO_PATH)).toEqual([]);
      expect(asked).toBe(0);
      expectNothingTold(outcomes, arena.scene());
      expect(picture(dirname(arena.scene().root))).toEqual(before);
    });

    it('A14 hands on what the disk says of a name with too many bytes', async () => {
      const name = `data/${'\u{1F600}'.repeat(127)}`;
      const calls = [
        ['writeFile', name, 'x'],
        ['mkdir', name],
        ['rename', 'data/hello.txt', name],
      ] as const;
      expect(wordsOf(await arena.run('calls', calls, FILES))).toEqual(Array(3).fill('ERR_IO_FAILED ENAMETOOLONG'));
    });
  });
});
