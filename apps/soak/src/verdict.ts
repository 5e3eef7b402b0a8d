import { linearRegression, median, min, max } from 'simple-statistics';
import type { Sample } from './sample.js';

/** What grew, or went on, though it should not have. Empty: the soak held. */
export type Verdict = readonly string[];

/** How much may come and go without being growth. */
interface Allowance {
  /** By how much the median of the last quarter may lie above that of the first, in bytes. */
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** The same for the median delay of the event loop, in milliseconds. */
  readonly delayMs: number;
  /** By how much the least of the last quarter may lie above the most of the first: processes that were started ahead, or are being cleared away, have eight each. */
  readonly descriptors: number;
}

const ALLOWANCE: Allowance = { residentBytes: 32 * 2 ** 20, heapBytes: 6 * 2 ** 20, delayMs: 20, descriptors: 24 };

/** The samples before this part of the time are of a process that is still warming up: half a minute, where that is not half of it all. */
const WARM_UP = { part: 0.2, leastMs: 30_000, mostPart: 0.5 } as const;
const FEWEST_SAMPLES = 8;

const COUNTS = ['descriptors', 'listeners', 'resources', 'children', 'zombies', 'files'] as const;
const MEASURES = [
  ['residentBytes', 'the resident set'],
  ['heapBytes', 'the heap after a collection'],
] as const;

/** Judges growth: a count grew if its least in the last quarter is above its most in the first (of descriptors, by more than allowed), a measure if its median is. */
export function judge(samples: readonly Sample[]): Verdict {
  const warm = warmed(samples);
  if (warm.length < FEWEST_SAMPLES) return [`${warm.length} samples are too few to tell growth: soak longer`];
  const quarter = Math.floor(warm.length / 4);
  const [first, last] = [warm.slice(0, quarter), warm.slice(-quarter)];
  const counts = COUNTS.flatMap((name) => {
    const [before, after] = [max(first.map((sample) => sample[name])), min(last.map((sample) => sample[name]))];
    const allowed = name === 'descriptors' ? ALLOWANCE.descriptors : 0;
    return after > before + allowed ? [`${name} grew from at most ${before} to at least ${after}`] : [];
  });
  const measures = MEASURES.flatMap(([name, title]) => {
    const [before, after] = [median(first.map((sample) => sample[name])), median(last.map((sample) => sample[name]))];
    return after - before > ALLOWANCE[name] ? [`${title} grew from ${mib(before)} to ${mib(after)} MiB`] : [];
  });
  const [delayBefore, delayAfter] = [first, last].map((part) => median(part.map((sample) => sample.delayP50Ms)));
  const slower = (delayAfter ?? 0) - (delayBefore ?? 0) > ALLOWANCE.delayMs;
  return [
    ...counts,
    ...measures,
    ...(slower ? [`the event loop became slower: ${delayBefore} to ${delayAfter} ms`] : []),
  ];
}

/** Bytes an hour, by least squares over the samples after the warm-up. */
export function slopePerHour(samples: readonly Sample[], name: 'residentBytes' | 'heapBytes'): number {
  const points = warmed(samples).map((sample) => [sample.atMs / 3_600_000, sample[name]]);
  return points.length < 2 ? Number.NaN : linearRegression(points).m;
}

function warmed(samples: readonly Sample[]): readonly Sample[] {
  const all = samples.at(-1)?.atMs ?? 0;
  const from = Math.max(all * WARM_UP.part, Math.min(WARM_UP.leastMs, all * WARM_UP.mostPart));
  return samples.filter(({ atMs }) => atMs >= from);
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
