import { symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { picture } from '../attacks/file-attempts.js';
import { budget } from '../fuzz/budget.js';
import {
  gains,
  grantOf,
  leastOf,
  makeTrack,
  openRuntime,
  put,
  race,
  REFUSAL,
  report,
  startSwapper,
} from './race-track.js';
import type { RacingCall } from './race-track.js';

/** As long as it takes: it is counted what was done, not how fast. */
const PATIENT = { timeout: 1_800_000 };

const often = (...call: readonly unknown[]): RacingCall => ({ call, counts: true });
const between = (...call: readonly unknown[]): RacingCall => ({ call, counts: false });

describe.skipIf(process.platform !== 'linux')('folders that another process swaps for links (Linux alone)', () => {
  it('B10 give nothing from outside to reads, lists and looks', PATIENT, async () => {
    const { numRuns } = budget(250);
    const track = makeTrack(['swap/file', 'swap/deep/er/file']);
    put(join(track.outside, 'swap/only-outside'), 'the secret');
    const before = picture(track.outside);
    await startSwapper(track, 'swap');
    const calls = [
      often('readFile', 'swap/file', 'utf8'),
      often('readFile', 'swap/deep/er/file', 'utf8'),
      often('readDir', 'swap'),
      often('readDir', 'swap/deep/er'),
      often('glob', 'swap/**'),
      often('stat', 'swap/file'),
      { ...often('copy', 'swap/file', 'copied'), kept: 'copied' },
    ];
    const tallies = await race(track, calls, numRuns);
    expect(Object.values(gains(tallies))).toEqual([
      ['inside'],
      ['inside'],
      ['deep:directory,file:file'],
      ['file:file'],
      ['swap/deep/er/file,swap/file'],
      ['file of 6'],
      ['inside'],
    ]);
    expect(leastOf(tallies)).toBeGreaterThanOrEqual(numRuns);
    expect(picture(track.outside)).toEqual(before);
    report('reads', tallies);
  });

  it('B11 take no write, move or removal to the outside', PATIENT, async () => {
    const { numRuns } = budget(100);
    const track = makeTrack(['swap/file', 'plain']);
    for (const name of ['new', 'back', 'copied', 'tree/x', 'folder/x'])
      put(join(track.outside, 'swap', name), 'the secret');
    const before = picture(track.outside);
    await startSwapper(track, 'swap');
    const calls = [
      often('writeFile', 'swap/new', 'inside'),
      often('appendFile', 'swap/file', 'x'),
      { ...often('rename', 'swap/new', 'moved'), kept: 'moved' },
      often('rename', 'moved', 'swap/back'),
      often('copy', 'plain', 'swap/copied'),
      often('remove', 'swap/copied'),
      between('mkdir', 'swap/tree'),
      between('mkdir', 'swap/tree/deep'),
      between('writeFile', 'swap/tree/deep/x', 'x'),
      often('remove', 'swap/tree', { recursive: true }),
      between('mkdir', 'swap/folder'),
      between('mkdir', 'swap/folder/deep'),
      often('rename', 'swap/folder', 'folder'),
      often('rename', 'folder', 'swap/other'),
      often('remove', 'swap/other', { recursive: true }),
    ];
    const tallies = await race(track, calls, numRuns);
    const seen = Object.values(gains(tallies)).flat();
    expect(new Set(seen)).toEqual(new Set(['done', 'inside']));
    expect(leastOf(tallies)).toBeGreaterThanOrEqual(numRuns);
    expect(picture(track.outside)).toEqual(before);
    report('writes', tallies);
  });

  it('B11 lead no recursive removal out of the tree that it removes', PATIENT, async () => {
    const { numRuns } = budget(150);
    const track = makeTrack(['tree/inner/file', 'tree/inner/deep/file']);
    const before = picture(track.outside);
    // Slower than usual: a removal that finds something else than it was asked about ends, and some have to work.
    await startSwapper(track, 'tree/inner', { pause: 0.2 });
    const calls = [
      between('mkdir', 'tree'),
      between('mkdir', 'tree/inner'),
      between('mkdir', 'tree/inner/deep'),
      between('writeFile', 'tree/inner/file', 'x'),
      between('writeFile', 'tree/inner/deep/file', 'x'),
      often('remove', 'tree', { recursive: true }),
    ];
    const tallies = await race(track, calls, numRuns);
    expect(Object.values(gains(tallies))).toEqual(calls.map(() => ['done']));
    expect(picture(track.outside)).toEqual(before);
    report('recursive removals', tallies);
  });

  it('B10 B22 give nothing from outside when the root itself is swapped', PATIENT, async () => {
    const { numRuns } = budget(60);
    const track = makeTrack(['file']);
    await using runtime = openRuntime();
    const context = runtime.createContext(grantOf(track.root));
    symlinkSync(track.outside, `${track.root}.other`);
    await startSwapper(track, basename(track.root), { isReady: true, folder: dirname(track.root) });
    const calls = [
      ['readFile', 'file', 'utf8'],
      ['readDir', '.'],
    ];
    const outcomes: string[] = [];
    // Each run opens the root anew.
    while (outcomes.filter((outcome) => outcome === 'inside').length < numRuns) {
      const result = await runtime.execute('./handlers.js#once', calls, context);
      expect(result).toMatchObject({ ok: true });
      if (result.ok) outcomes.push(...(result.data as readonly string[]));
    }
    const gained = outcomes.filter((outcome) => !REFUSAL.test(outcome));
    expect(new Set(gained)).toEqual(new Set(['inside', 'file:file']));
  });
});
