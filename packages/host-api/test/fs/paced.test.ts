import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const FILES = 5_000;

/** A host whose rules make each entry cost something, over a folder of many. */
function openCrowd(): OpenHost {
  const root = makeFolder();
  mkdirSync(join(root, 'crowd'));
  for (let n = 0; n < FILES; n += 1) writeFileSync(join(root, 'crowd', `file-${n}`), '');
  const deny = Array.from({ length: 50 }, (_, n) => `**/*-denied-${n}*`);
  const quotas = { maxEntriesRead: 4 * FILES, maxEntriesWritten: 4 * FILES };
  return openHost(root, { fs: { mode: 'readWrite', allow: ['.'], deny }, quotas });
}

/** How often the event loop turns while a call is under way. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    if (isOver) return;
    turns += 1;
    setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await work;
  } finally {
    isOver = true;
  }
  return turns;
}

describe('work on large folders', () => {
  it.each([
    ['fs.readDir', ['crowd'], 2],
    ['fs.glob', ['crowd/*-1'], 3],
    ['fs.rename', ['crowd', 'moved'], 4],
    ['fs.remove', ['crowd', { recursive: true }], 4],
  ])('lets the event loop turn in each pass over the entries: %s', async (name, args, passes) => {
    const { call } = openCrowd();

    // Some less than one for every 500 entries, since the first batch of a pass needs no turn before it.
    expect(await turnsDuring(call(name, ...args))).toBeGreaterThanOrEqual(passes * (FILES / 500 - 2));
  });

  it('ends between two turns when it is aborted', async () => {
    const { api } = openCrowd();
    const controller = new AbortController();
    const listing = outcome(api.call('fs.readDir', ['crowd'], { signal: controller.signal }));
    setImmediate(() => controller.abort());

    expect(await listing).toBe('ERR_ABORTED');
  });
});
