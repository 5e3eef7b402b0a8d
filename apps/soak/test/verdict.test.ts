import { describe, expect, it } from 'vitest';
import type { Sample } from '../src/sample.js';
import { judge, slopePerHour } from '../src/verdict.js';

const MIB = 2 ** 20;
const flat: Sample = {
  atMs: 0,
  residentBytes: 150 * MIB,
  heapBytes: 40 * MIB,
  descriptors: 24,
  listeners: 5,
  resources: 1,
  children: 0,
  zombies: 0,
  files: 0,
  delayP50Ms: 5,
  delayP99Ms: 20,
  delayMaxMs: 100,
};

/** Sixty samples, one each minute. */
function series(change: (minute: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 60 }, (_, minute) => ({ ...flat, atMs: minute * 60_000, ...change(minute) }));
}

describe('the verdict', () => {
  it('is empty where nothing grows', () => {
    expect(judge(series(() => ({})))).toEqual([]);
  });

  it('is empty where something comes and goes', () => {
    const found = judge(
      series((minute) => ({ descriptors: 24 + (minute % 3), residentBytes: (150 + (minute % 9)) * MIB })),
    );
    expect(found).toEqual([]);
  });

  it('forgives what grows while the process warms up', () => {
    expect(judge(series((minute) => ({ residentBytes: (minute < 12 ? 100 + minute * 10 : 220) * MIB })))).toEqual([]);
  });

  it('forgives the descriptors of three processes, and names one that is lost each minute', () => {
    expect(judge(series((minute) => ({ descriptors: 24 + (minute < 40 ? 0 : 24) })))).toEqual([]);
    const found = judge(series((minute) => ({ descriptors: 24 + minute })));
    expect(found).toEqual(['descriptors grew from at most 47 to at least 72']);
  });

  it.each(['listeners', 'resources', 'children', 'zombies', 'files'] as const)(
    'names one of %s that is never given back',
    (name) => {
      const found = judge(series((minute) => ({ [name]: flat[name] + (minute < 40 ? 0 : 1) })));
      expect(found).toEqual([`${name} grew from at most ${flat[name]} to at least ${flat[name] + 1}`]);
    },
  );

  it('names memory that grows a MiB a minute', () => {
    const found = judge(series((minute) => ({ residentBytes: (150 + minute) * MIB, heapBytes: (40 + minute) * MIB })));
    expect(found).toEqual([
      'the resident set grew from 167.5 to 203.5 MiB',
      'the heap after a collection grew from 57.5 to 93.5 MiB',
    ]);
  });

  it('names a loop that becomes slower', () => {
    const found = judge(series((minute) => ({ delayP50Ms: 5 + minute })));
    expect(found).toEqual(['the event loop became slower: 22.5 to 58.5 ms']);
  });

  it('is not empty where there is too little to see', () => {
    const few = series(() => ({})).slice(0, 5);
    expect(judge(few)).toEqual(['4 samples are too few to tell growth: soak longer']);
  });

  it('comes with a slope an hour', () => {
    expect(
      slopePerHour(
        series((minute) => ({ heapBytes: minute * MIB })),
        'heapBytes',
      ) / MIB,
    ).toBeCloseTo(60);
  });
});
