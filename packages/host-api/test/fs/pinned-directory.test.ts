import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPinnedDirectory } from '../../src/fs/pinned-directory.js';
import { countDescriptors, EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';

/** Puts a folder and a link to another in one place by turns, as fast as it can. */
const SWAPPER = `
  const { renameSync } = require('node:fs');
  process.stdout.write('ready');
  for (;;) {
    renameSync('swap', 'real');
    renameSync('link', 'swap');
    renameSync('swap', 'link');
    renameSync('real', 'swap');
  }
`;

interface Race {
  readonly root: string;
  readonly outside: string;
}

async function startRace(): Promise<Race> {
  const outer = makeFolder();
  const root = join(outer, 'ws');
  const outside = join(outer, 'outside');
  mkdirSync(join(root, 'swap'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(root, 'swap/file'), 'inside');
  writeFileSync(join(outside, 'file'), 'SECRET');
  symlinkSync(outside, join(root, 'link'));
  const child = spawn(process.execPath, ['-e', SWAPPER], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return { root, outside };
}

const PLENTY = { maxHostCalls: 2_500_000, maxBytesRead: 1e12, maxBytesWritten: 1e12, maxEntriesWritten: 1e9 };
const WHOLE_WRITES: readonly [string, readonly unknown[]][] = [
  ['fs.writeFile', ['swap/written', 'x']],
  ['fs.rename', ['swap/written', 'swap/file']],
];

/** How long the naive way may take to leak: on a busy machine the swapping process gets little of a processor. */
const DEADLINE_MS = 100_000;
/** As long as it takes: it is counted what was done, not how fast. */
const PATIENT = { timeout: 300_000 };

describe.runIf(process.platform === 'linux')('a folder that is swapped for a link under the walk', () => {
  it('leaks to one who resolves first and opens then, so the race is real', PATIENT, async () => {
    const { root } = await startRace();
    const started = performance.now();
    let leaks = 0;
    while (leaks === 0 && performance.now() - started < DEADLINE_MS) {
      try {
        const real = realpathSync(join(root, 'swap/file'));
        if (real.startsWith(`${root}/`) && readFileSync(join(root, 'swap/file'), 'utf8') === 'SECRET') leaks += 1;
      } catch {
        // The name is away for a moment in each turn.
      }
    }
    expect(leaks).toBe(1);
  });

  it('gives no byte from outside in 4 000 reads', PATIENT, async () => {
    const { root } = await startRace();
    const { api } = openHost(root, { ...EVERYTHING, quotas: PLENTY }, { audit: () => undefined });
    const { signal } = new AbortController();
    const seen = new Map<unknown, number>(['inside', 'ERR_PERMISSION_DENIED', 'ERR_IO_FAILED'].map((key) => [key, 0]));
    const known = seen.size;
    while ((seen.get('inside') ?? 0) < 4_000 && seen.size === known) {
      const got = await api.call('fs.readFile', ['swap/file', 'utf8'], { signal }).catch((error: unknown) => {
        return error instanceof Error && 'code' in error ? error.code : error;
      });
      seen.set(got, (seen.get(got) ?? 0) + 1);
    }
    expect([...seen.keys()]).toEqual(['inside', 'ERR_PERMISSION_DENIED', 'ERR_IO_FAILED']);
    expect(seen.get('ERR_PERMISSION_DENIED')).toBeGreaterThan(0);
  });

  it('changes nothing outside in 1 000 writes, appends, folders made and things removed', PATIENT, async () => {
    const { root, outside } = await startRace();
    const { api } = openHost(root, { ...EVERYTHING, quotas: PLENTY }, { audit: () => undefined });
    const { signal } = new AbortController();
    await outcome(api.call('fs.stat', ['.'], { signal }));
    const before = countDescriptors();
    let done = 0;
    for (let turn = 0; done < 1_000; turn += 1) {
      const calls: readonly [string, readonly unknown[]][] = [
        // Whole writes are synced to the disk, which is slow, so they come in every tenth turn alone.
        ...(turn % 10 === 0 ? WHOLE_WRITES : []),
        ['fs.appendFile', ['swap/file', 'x']],
        ['fs.mkdir', ['swap/made']],
        ['fs.remove', ['swap/made']],
        ['fs.remove', ['swap/file']],
      ];
      for (const [name, args] of calls) {
        if ((await outcome(api.call(name, args, { signal }))).startsWith('resolved')) done += 1;
      }
      if (turn % 100 === 0) await nextTurn();
    }
    expect(readdirSync(outside)).toEqual(['file']);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('SECRET');
    expect(countDescriptors()).toBe(before);
  });
});

describe.runIf(process.platform === 'linux')('sameDevice', () => {
  it('refuses what is mounted below the root, which is allowed without it', async () => {
    const spec = { fs: { mode: 'read', allow: ['.'] } } as const;
    const mounted = readFileSync('/proc/self/mounts', 'utf8').includes(' /dev/shm ');
    const [root, folder] = mounted ? ['/dev', 'shm'] : ['/', 'proc'];
    const lax = openHost(root, spec);
    const strict = openHost(root, spec, { sameDevice: true });
    expect(await outcome(lax.call('fs.readDir', folder))).toMatch(/^resolved/);
    expect(await outcome(strict.call('fs.readDir', folder))).toBe('ERR_PERMISSION_DENIED mount-point');
    expect(await outcome(strict.call('fs.stat', folder))).toBe('ERR_PERMISSION_DENIED mount-point');
  });
});

describe.runIf(process.platform === 'linux')('a folder that is held', () => {
  it('is one descriptor for all that hold it itself, until the last lets it go', () => {
    const root = realpathSync(makeFolder());
    writeFileSync(join(root, 'file'), 'inside');
    const before = countDescriptors();
    const held = openPinnedDirectory(root, false);
    const same = held.open('.');
    expect([countDescriptors() - before, same.here]).toEqual([1, held.here]);
    held[Symbol.dispose]();
    held[Symbol.dispose]();
    expect(readFileSync(same.entry('file'), 'utf8')).toBe('inside');
    // Its number may be somebody else's by now, but for the others that have it.
    same[Symbol.dispose]();
    expect(() => same.open('.')).toThrow('ENOENT');
    expect(countDescriptors() - before).toBe(0);
  });
});
