import { quantileSorted } from 'simple-statistics';

/** The value that half of the samples are below. Throws where there are none: a figure of nothing would be believed. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The value that so many of a hundred samples are below. */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new Error('no samples');
  return quantileSorted(
    samples.toSorted((a, b) => a - b),
    percent / 100,
  );
}
