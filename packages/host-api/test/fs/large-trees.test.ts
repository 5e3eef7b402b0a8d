import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const FOLDERS = 10;
const FILES = 5_000;
const ENTRIES = FOLDERS * (FILES + 1);

/** In memory where that can be had: what is tested is not the disk. */
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'host-api-large-'));

beforeAll(() => {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    mkdirSync(join(root, 'large', `${folder}`), { recursive: true });
    for (let file = 0; file < FILES; file += 1) writeFileSync(join(root, 'large', `${folder}`, `${file}`), '');
  }
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

function open(): OpenHost {
  const quotas = { maxEntriesRead: 10 * ENTRIES, maxEntriesWritten: 10 * ENTRIES };
  return openHost(
    root,
    { fs: { mode: 'readWrite', allow: ['.'], deny: ['other/**'] }, quotas },
    { audit: () => undefined },
  );
}

/** How many files are left. */
function count(folder = 'large'): number {
  return readdirSync(join(root, folder)).reduce((sum, name) => sum + readdirSync(join(root, folder, name)).length, 0);
}

interface Aborted {
  readonly outcome: string;
  /** Turns of the event loop from the abort to the answer. */
  readonly turns: number;
}

/** Makes a call, aborts it as soon as `isTime` says so at a turn of the event loop, and counts the turns until it ends. */
async function abortWhen(
  { api }: OpenHost,
  call: readonly unknown[],
  isTime: (turn: number) => boolean,
): Promise<Aborted> {
  const controller = new AbortController();
  const [name, ...args] = call;
  let turn = 0;
  let abortedAt: number | undefined;
  let isOver = false;
  const look = (): void => {
    if (isOver) return;
    turn += 1;
    if (abortedAt === undefined && isTime(turn)) {
      abortedAt = turn;
      controller.abort();
    }
    setImmediate(look);
  };
  setImmediate(look);
  const ended = await outcome(api.call(String(name), args, { signal: controller.signal }));
  isOver = true;
  return { outcome: ended, turns: abortedAt === undefined ? Number.POSITIVE_INFINITY : turn - abortedAt };
}

describe('a tree of fifty thousand entries', { timeout: 120_000 }, () => {
  it.each([
    ['listed', ['fs.readDir', 'large/0']],
    ['searched', ['fs.glob', 'large/**']],
    ['moved', ['fs.rename', 'large', 'moved']],
    ['removed', ['fs.remove', 'large', { recursive: true }]],
  ])('stays as it is where it is %s and the call is aborted, which ends a few turns later', async (_title, call) => {
    const host = open();
    const aborted = await abortWhen(host, call, (turn) => turn === 4);
    expect(aborted.outcome).toBe('ERR_ABORTED');
    expect(aborted.turns).toBeLessThan(4);
    expect(count()).toBe(FOLDERS * FILES);
    expect(host.meter.used('maxEntriesWritten')).toBe(0);
  });

  it('is removed no further after an abort, and what is gone is paid for', async () => {
    const host = open();
    const folders = readdirSync(join(root, 'large')).map((name) => join(root, 'large', name));
    const changes = (): string => folders.map((folder) => statSync(folder).mtimeMs).join();
    const before = changes();
    const call = ['fs.remove', 'large', { recursive: true }];
    const aborted = await abortWhen(host, call, () => changes() !== before);
    expect(aborted.outcome).toBe('ERR_ABORTED');
    expect(aborted.turns).toBeLessThan(4);
    const left = count() + readdirSync(join(root, 'large')).length;
    expect(left).toBeLessThan(ENTRIES);
    expect(left).toBeGreaterThan(ENTRIES / 2);
    expect(host.meter.used('maxEntriesWritten')).toBe(ENTRIES - left);
  });

  it('is refused before anything is done where the quota does not reach', async () => {
    const before = count();
    const host = openHost(root, { fs: { mode: 'readWrite', allow: ['.'] }, quotas: { maxEntriesWritten: 10_000 } });
    for (const call of [
      ['fs.remove', 'large', { recursive: true }],
      ['fs.rename', 'large', 'moved'],
    ] as const) {
      const [name, ...args] = call;
      expect(await outcome(host.call(name, ...args))).toBe('ERR_QUOTA_EXCEEDED');
    }
    expect(count()).toBe(before);
  });

  it('lets the event loop turn all the time while it is removed', async () => {
    const left = count();
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await open().call('fs.remove', 'large', { recursive: true });
    isOver = true;
    expect(readdirSync(root)).toEqual([]);
    expect(turns).toBeGreaterThan(left / 500);
  });
});
