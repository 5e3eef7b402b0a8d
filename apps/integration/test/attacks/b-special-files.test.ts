import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { chmodSync, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';
import { everyVerb, FILES, outcomesOf, wordsOf, dryRunsIn } from './file-attempts.js';

const SPECIAL = 'ERR_PERMISSION_DENIED special-file';
const all = {
  capabilities: ['fs.*', 'config.write'],
  permissions: { fs: { mode: 'readWrite', allow: ['.'] } },
} as const;

/** What each verb says to an entry that is neither a file nor a folder; the rest is refused as special. */
const ON_A_SPECIAL_FILE: Readonly<Record<string, string>> = {
  readDir: 'ERR_IO_FAILED ENOTDIR',
  stat: 'ok',
  mkdir: 'ERR_IO_FAILED EEXIST',
};

/** A mount that every Linux has, below a root that is another one. */
const MOUNT =
  existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync('/dev').dev ? ['/dev', 'shm'] : ['/', 'proc'];

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`special files${place.notRun}`, () => {
    const arena = openArena(place, 'a');
    const at = (name: string): string => join(arena.scene().root, 'data/special', name);

    beforeEach(() => void mkdirSync(at('.')));

    afterEach(() => {
      rmSync(at('.'), { recursive: true });
      writeFileSync(join(arena.scene().root, 'data/hello.txt'), 'hello');
    });

    /** Tries all but taking it away, in a dry run and for real. */
    async function expectSpecial(path: string, dryRuns = dryRunsIn(place)): Promise<void> {
      const calls = everyVerb(path).filter(([name]) => name !== 'remove');
      for (const dryRun of dryRuns) {
        const bout = await arena.run('calls', calls, { ...FILES, dryRun });
        expect(wordsOf(bout)).toEqual(calls.map(([name]) => ON_A_SPECIAL_FILE[name] ?? SPECIAL));
      }
    }

    it('B13 waits for no pipe, and holds no thread of the host', async () => {
      execFileSync('mkfifo', [at('pipe')]);
      await expectSpecial('data/special/pipe');
      const waits = dataOf(
        await arena.run(
          'times',
          Array.from({ length: 20 }, () => ['readFile', 'data/special/pipe']),
          FILES,
        ),
      );
      // The best of them: what else this machine does may be slow, but a pipe that is waited for never answers.
      expect(Math.min(...(waits as number[]))).toBeLessThan(50);
      expect(await readFile(join(arena.scene().root, 'data/hello.txt'), 'utf8')).toBe('hello');
      // With somebody at its other end it could be opened at once.
      const other = openSync(at('pipe'), 'r+');
      await expectSpecial('data/special/pipe', [false]);
      closeSync(other);
      const listed = [
        ['glob', 'data/special/*'],
        ['readDir', 'data/special'],
        ['remove', 'data/special/pipe'],
      ] as const;
      expect(outcomesOf(await arena.run('calls', listed, FILES))).toEqual([
        { ok: true, value: [] },
        { ok: true, value: [{ name: 'pipe', kind: 'other' }] },
        { ok: true },
      ]);
    });

    it('B14 touches no socket', async () => {
      const server = createServer((socket) => socket.destroy());
      let connections = 0;
      server.on('connection', () => (connections += 1));
      await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
      await expectSpecial('data/special/socket');
      expect(connections).toBe(0);
      await new Promise((resolve) => server.close(resolve));
    });

    it('B14 opens no device, endless or not', async () => {
      const names = ['zero', 'null', 'full', 'random', 'urandom', 'tty', 'ptmx'].filter((name) =>
        existsSync(`/dev/${name}`),
      );
      const calls = names.flatMap((name) => [
        ['readFile', name] as const,
        ['copy', name, 'shm/copied'] as const,
        ['appendFile', name, 'x'] as const,
        ['writeFile', name, 'x'] as const,
      ]);
      for (const dryRun of dryRunsIn(place)) {
        const bout = await arena.run('calls', calls, { ...all, root: '/dev', dryRun });
        expect(wordsOf(bout)).toEqual(calls.map(() => SPECIAL));
      }
      expect(names.length).toBeGreaterThan(4);
    });

    it('B16 reopens nothing by the descriptors of a process', async () => {
      const held = openSync(join(dirname(arena.scene().root), 'secret.txt'), 'r+');
      const self = `proc/${process.pid}`;
      const paths = [
        `${self}/fd/${held}`,
        'proc/self/fd/3',
        'proc/thread-self/fd/3',
        'dev/fd/3',
        'dev/stdin',
        'proc/self/environ',
      ];
      const through = [
        `${self}/root/etc/passwd`,
        `${self}/cwd/package.json`,
        `${self}/exe`,
        `proc/self/root/etc/passwd`,
      ];
      const calls = [...paths, ...through].flatMap((path) => [
        ['readFile', path] as const,
        ['readDir', path] as const,
        ['appendFile', path, 'x'] as const,
        ['writeFile', path, 'x'] as const,
      ]);
      const bout = await arena.run('calls', calls, { ...all, root: '/' });
      expect(wordsOf(bout)).toEqual(calls.map(() => 'ERR_PERMISSION_DENIED link'));
      const outside = calls.map(([name, path, ...rest]) => [name, `/${path}`, ...rest] as const);
      expect(new Set(wordsOf(await arena.run('calls', outside, FILES)))).toEqual(
        new Set(['ERR_PERMISSION_DENIED outside-root']),
      );
      closeSync(held);
      expect(readFileSync(join(dirname(arena.scene().root), 'secret.txt'), 'utf8')).toBe('the secret');
    });

    it('B17 reads nothing of a file that is too big, and believes no size of a file that says it has none', async () => {
      writeFileSync(at('sparse'), '');
      truncateSync(at('sparse'), 2 ** 40);
      const calls = [
        ['readFile', 'data/special/sparse'],
        ['copy', 'data/special/sparse', 'data/copied'],
      ] as const;
      const words = wordsOf(await arena.run('calls', calls, FILES));
      // One answer has a limit of its own; a copy is no answer, and ends at the quota of what may be read or written.
      expect(words).toEqual(['ERR_OUTPUT_EXCEEDED', 'ERR_QUOTA_EXCEEDED']);
      expect(existsSync(join(arena.scene().root, 'data/copied'))).toBe(false);
      const few = { ...all, root: '/proc', permissions: { ...all.permissions, quotas: { maxBytesRead: 100 } } };
      expect(statSync('/proc/cpuinfo').size).toBe(0);
      expect(wordsOf(await arena.run('calls', [['readFile', 'cpuinfo']], few))).toEqual(['ERR_QUOTA_EXCEEDED']);
    });

    it('B19 takes no mode from a guest, and leaves no bit by which a program runs as another user', async () => {
      for (const [name, mode] of Object.entries({ root: 0o4755, group: 0o2755, both: 0o6777, added: 0o6750 })) {
        writeFileSync(at(name), '#!/bin/sh\n');
        chmodSync(at(name), mode);
      }
      const modes = [
        { mode: 0o4777 },
        { mode: 0o777 },
        { mode: '4777' },
        { flag: 'a' },
        { encoding: 'utf8', mode: 0o4777 },
      ];
      const asked = modes.flatMap((options) => [
        ['writeFile', 'data/special/new', 'x', options] as const,
        ['appendFile', 'data/special/new', 'x', options] as const,
        ['mkdir', 'data/special/folder', options] as const,
        ['copy', 'data/special/root', 'data/special/new', options] as const,
      ]);
      expect(wordsOf(await arena.run('calls', asked, FILES))).toEqual(asked.map(() => 'ERR_INVALID_ARGUMENT'));
      const done = [
        ['writeFile', 'data/special/root', 'x'],
        ['copy', 'data/hello.txt', 'data/special/group'],
        ['ensureSection', 'data/special/made.json', { pointer: '/a', value: 1 }],
        ['appendFile', 'data/special/added', 'x'],
        ['copy', 'data/special/both', 'data/special/copied'],
        ['writeFile', 'data/special/new', 'x'],
        ['appendFile', 'data/special/appended', 'x'],
        ['mkdir', 'data/special/folder'],
      ] as const;
      expect(wordsOf(await arena.run('calls', done, FILES))).toEqual(done.map(() => 'ok'));
      const bits = (name: string): string => (statSync(at(name)).mode & 0o7777).toString(8);
      expect([bits('root'), bits('group'), bits('added')]).toEqual(['755', '755', '750']);
      for (const name of ['made.json', 'copied', 'new', 'appended', 'folder']) {
        expect([name, statSync(at(name)).mode & 0o7022]).toEqual([name, 0]);
      }
    });

    it('B20 crosses mount points below the root: that is documented', async () => {
      const [root = '', below = ''] = MOUNT;
      expect(
        wordsOf(
          await arena.run(
            'calls',
            [
              ['readDir', below],
              ['stat', below],
            ],
            { ...all, root },
          ),
        ),
      ).toEqual(['ok', 'ok']);
    });
  });

  describe.skipIf(!place.works)(`one device alone${place.notRun}`, () => {
    const arena = openArena(place, 'a', { hostApi: { sameDevice: true } });

    it('B20 crosses no mount point where the host says so', async () => {
      const [root = '', below = ''] = MOUNT;
      const calls = [
        ['readDir', below],
        ['stat', below],
        ['glob', `${below}/*`],
        ['readFile', `${below}/x`],
        ['writeFile', `${below}/x`, 'x'],
        ['mkdir', `${below}/x`],
        ['mkdir', `${below}/x/y`, { recursive: true }],
        ['remove', `${below}/x`],
        ['rename', `${below}/x`, 'x'],
        ['rename', below, 'x'],
      ] as const;
      for (const dryRun of dryRunsIn(place)) {
        const bout = await arena.run('calls', calls, { ...all, root, dryRun });
        expect(wordsOf(bout)).toEqual(calls.map(() => 'ERR_PERMISSION_DENIED mount-point'));
      }
      expect(wordsOf(await arena.run('calls', [['readFile', 'data/hello.txt']], FILES))).toEqual(['ok']);
    });
  });
});
