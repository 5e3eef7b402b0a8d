import { describe, expect, it } from 'vitest';
import { HeldClock } from '../../src/artifact-duties/artifact-bench.js';
import type { ArtifactDuty } from '../../src/artifact-duties/artifact-bench.js';
import { CONDITION_DUTIES } from '../../src/artifact-duties/condition-duties.js';
import { KEEPING_DUTIES } from '../../src/artifact-duties/keeping-duties.js';
import { REFUSAL_DUTIES } from '../../src/artifact-duties/refusal-duties.js';
import { WATCHING_DUTIES } from '../../src/artifact-duties/watching-duties.js';
import { describeArtifactStore } from '../../src/describe-artifact-store.js';
import { LyingStore } from '../lying-store.js';
import type { Lie } from '../lying-store.js';

describeArtifactStore('that tells no lies', (clock) => ({ store: new LyingStore(clock, []) }));

const DUTIES = [...KEEPING_DUTIES, ...CONDITION_DUTIES, ...REFUSAL_DUTIES].filter(({ needs }) => needs === undefined);

/** The duties that a store does not do. */
async function neglected(duties: readonly ArtifactDuty[], ...lies: readonly Lie[]): Promise<readonly string[]> {
  const titles: string[] = [];
  for (const { title, check } of duties) {
    const clock = new HeldClock();
    const store = new LyingStore(clock, lies);
    await check({ bench: { store }, store, clock }).catch(() => titles.push(title));
  }
  return titles;
}

describe('the duties of artifact stores', () => {
  it.each<[Lie, readonly string[]]>([
    ['text', ['gives text, other bytes and what is no text back exactly']],
    ['copies', ['keeps its own copy of the bytes, and hands out copies']],
    ['metadata', ['keeps the last of two, and nothing that was known of the first']],
    ['replacement', ['says that the artifact was replaced or deleted before its first byte was read']],
    ['paths', ['refuses paths that lead out, or that some platform cannot store, in every call']],
    ['maxBytes', ['refuses a byte too many, at once and in a stream that never ends']],
  ])('find out a store that lies about its %s', async (lie, expected) => {
    expect(await neglected(DUTIES, lie)).toEqual(expected);
  });

  it('find out a store whose etags are the hashes of the content', async () => {
    expect(await neglected(DUTIES, 'etags')).toEqual(
      expect.arrayContaining(['names every write by another etag, and never takes equal content for one artifact']),
    );
  });

  it('find out a store that does not look at conditions', async () => {
    expect(await neglected(CONDITION_DUTIES, 'conditions')).toEqual([
      'writes with ifNoneMatch only where nothing stands',
      'writes with ifMatch only over the version with this etag',
      'takes what has expired for absent in a condition',
      'deletes with ifMatch only the version with this etag, also an expired one',
      'has one winner among those that write a new name at the same time',
      'has one winner among those that replace a version at the same time',
      'loses no change of those that read, change and write with ifMatch',
    ]);
  });

  it('find out a store that deletes what was written after it had looked', async () => {
    expect(await neglected(CONDITION_DUTIES, 'deletions')).toEqual([
      'never deletes a newer version than the one that ifMatch names',
    ]);
  });

  it('find out a store that looks at conditions before it has the bytes', async () => {
    expect(await neglected(CONDITION_DUTIES, 'races')).toEqual([
      'has one winner among those that write a new name at the same time',
      'has one winner among those that replace a version at the same time',
      'loses no change of those that read, change and write with ifMatch',
    ]);
  });

  it('find out a store that never tells its watchers', async () => {
    const clock = new HeldClock();
    const silent = Object.assign(new LyingStore(clock, []), { watch: () => ({ [Symbol.dispose]: () => undefined }) });
    const first = WATCHING_DUTIES[0]?.check({ bench: { store: silent }, store: silent, clock });
    const waited = new Promise((resolve) => setImmediate(resolve, 'nothing was told'));
    expect(await Promise.race([first, waited])).toBe('nothing was told');
  });
});
