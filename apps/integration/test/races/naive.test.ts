import { appendFileSync, readdirSync, readFileSync, realpathSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { picture } from '../attacks/file-attempts.js';
import { makeTrack, put, startSwapper } from './race-track.js';
import type { Track } from './race-track.js';

/** How long the naive way may take to fail: on a busy machine the swapping process gets little of a processor. */
const DEADLINE_MS = 100_000;
const PATIENT = { timeout: 2 * DEADLINE_MS };

/** Tries until something has leaked, or until the time is over. */
function leaks(attempt: () => boolean): boolean {
  const end = performance.now() + DEADLINE_MS;
  while (performance.now() < end) {
    try {
      if (attempt()) return true;
    } catch {
      // The name is away for a moment in each turn.
    }
  }
  return false;
}

/** Finds out where a path leads, and then uses it: what the swapping process is for. */
function isInside({ root }: Track, path: string): boolean {
  return realpathSync(path).startsWith(`${root}/`);
}

describe.skipIf(process.platform !== 'linux')(
  'whoever resolves first and acts then, under the same swapping (Linux alone)',
  () => {
    it('B10 reads what lies outside', PATIENT, async () => {
      const track = makeTrack(['swap/file']);
      await startSwapper(track, 'swap');
      const path = join(track.root, 'swap/file');
      expect(leaks(() => isInside(track, path) && readFileSync(path, 'utf8') === 'the secret')).toBe(true);
    });

    it('B10 lists and looks at what lies outside', PATIENT, async () => {
      const track = makeTrack(['swap/file']);
      put(join(track.outside, 'swap/only-outside'), 'the secret');
      await startSwapper(track, 'swap');
      const path = join(track.root, 'swap');
      expect(leaks(() => isInside(track, path) && readdirSync(path).includes('only-outside'))).toBe(true);
      expect(leaks(() => isInside(track, join(path, 'file')) && statSync(join(path, 'file')).size === 10)).toBe(true);
    });

    it('B10 reads what a file gave way to', PATIENT, async () => {
      const track = makeTrack(['file']);
      await startSwapper(track, 'file');
      const path = join(track.root, 'file');
      expect(leaks(() => isInside(track, path) && readFileSync(path, 'utf8') === 'the secret')).toBe(true);
    });

    it('B11 writes to what lies outside', PATIENT, async () => {
      const track = makeTrack(['swap/file']);
      await startSwapper(track, 'swap');
      const path = join(track.root, 'swap/file');
      const write = (): boolean => {
        if (isInside(track, path)) appendFileSync(path, 'x');
        return readFileSync(join(track.outside, 'swap/file'), 'utf8') !== 'the secret';
      };
      expect(leaks(write)).toBe(true);
    });

    it('B11 removes what lies outside', PATIENT, async () => {
      const track = makeTrack(['tree/inner/file', 'tree/inner/deep/file']);
      const before = picture(track.outside);
      await startSwapper(track, 'tree/inner', { pause: 0.2 });
      const tree = join(track.root, 'tree');
      const remove = (folder: string): void => {
        for (const entry of readdirSync(folder, { withFileTypes: true })) {
          const path = join(folder, entry.name);
          if (entry.isDirectory()) remove(path);
          else unlinkSync(path);
        }
        rmdirSync(folder);
      };
      const isGone = (): boolean => Object.keys(picture(track.outside)).length < Object.keys(before).length;
      const removeOnce = (): boolean => {
        if (isGone()) return true;
        put(join(tree, 'inner/file'), 'inside');
        remove(tree);
        return false;
      };
      expect(leaks(removeOnce)).toBe(true);
    });
  },
);
