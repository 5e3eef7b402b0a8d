import { describe, expect, it } from 'vitest';
import { isNearEnd } from '../../src/fork/warm-child.js';

interface WearFacts {
  readonly runs: number;
  readonly ageMs: number;
}

describe('how near its end a process is', () => {
  it.each<[string, WearFacts, boolean]>([
    ['that has just begun', { runs: 60, ageMs: 60 }, false],
    ['with half of its runs behind it, where they come fast', { runs: 500, ageMs: 400 }, true],
    ['with half of its runs behind it, where they come slowly', { runs: 500, ageMs: 50_000 }, false],
    ['with one run left, where one comes each second', { runs: 999, ageMs: 999_000 }, false],
    ['that is old, and has many runs left', { runs: 400, ageMs: 9_800 }, true],
    ['that is old, and has served few', { runs: 40, ageMs: 9_800 }, false],
  ])('is near its end: %s', (_, { runs, ageMs }, isNear) => {
    const maxAgeMs = runs === 400 || runs === 40 ? 10_000 : 600_000_000;
    expect(isNearEnd({ bornAt: 5, runs }, ageMs + 5, { maxRuns: 1_000, maxAgeMs })).toBe(isNear);
  });
});
