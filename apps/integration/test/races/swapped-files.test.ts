import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { picture } from '../attacks/file-attempts.js';
import { budget } from '../fuzz/budget.js';
import { gains, leastOf, makeTrack, race, report, startSwapper } from './race-track.js';
import type { RacingCall } from './race-track.js';

/** As long as it takes: it is counted what was done, not how fast. */
const PATIENT = { timeout: 1_800_000 };

const often = (...call: readonly unknown[]): RacingCall => ({ call, counts: true });

describe.skipIf(process.platform !== 'linux')('files that another process swaps (Linux alone)', () => {
  it('B10 B11 for links give nothing from outside, and take nothing there', PATIENT, async () => {
    const { numRuns } = budget(200);
    const track = makeTrack(['file', 'plain']);
    const before = picture(track.outside);
    await startSwapper(track, 'file');
    const calls: readonly RacingCall[] = [
      often('readFile', 'file', 'utf8'),
      { ...often('copy', 'file', 'copied'), kept: 'copied' },
      often('writeFile', 'file', 'inside'),
      often('appendFile', 'file', ''),
      often('copy', 'plain', 'file'),
      often('stat', 'file'),
      { ...often('rename', 'file', 'moved'), kept: 'moved' },
      often('rename', 'moved', 'file'),
      // In the moment before it is renamed a file may become a link, which then is what was renamed.
      { call: ['remove', 'moved'], counts: false },
      { call: ['writeFile', 'file', 'inside'], counts: false },
    ];
    const tallies = await race(track, calls, numRuns);
    const seen = new Set(Object.values(gains(tallies)).flat());
    // A link has no size of its own, and a file that was just made may have none yet.
    expect([...seen].toSorted()).toEqual(
      ['', 'done', 'file of 0', 'file of 6', 'inside', 'other of 0'].filter((each) => seen.has(each)),
    );
    expect(seen).toContain('inside');
    expect(leastOf(tallies)).toBeGreaterThanOrEqual(numRuns);
    expect(picture(track.outside)).toEqual(before);
    report('files for links', tallies);
  });

  it('B13 for pipes make nobody wait', PATIENT, async () => {
    const { numRuns } = budget(200);
    const track = makeTrack(['file']);
    execFileSync('mkfifo', [join(track.root, 'file.other')]);
    await startSwapper(track, 'file', { isReady: true });
    const calls = [
      often('readFile', 'file', 'utf8'),
      often('appendFile', 'file', ''),
      { ...often('copy', 'file', 'copied'), kept: 'copied' },
    ];
    const tallies = await race(track, calls, numRuns);
    const [read = [], appended, copied = []] = Object.values(gains(tallies));
    expect(appended).toEqual(['done']);
    for (const texts of [read, copied]) {
      expect(texts).toContain('inside');
      // Where an append found no file in the moment of a swap, it has made an empty one.
      expect(['', 'inside']).toEqual(expect.arrayContaining([...texts]));
    }
    expect(tallies.some(({ outcomes }) => 'ERR_PERMISSION_DENIED special-file' in outcomes)).toBe(true);
    report('files for pipes', tallies);
  });
});
