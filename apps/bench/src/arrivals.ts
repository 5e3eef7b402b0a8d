import { setTimeout as delay } from 'node:timers/promises';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface ArrivalOptions {
  /** Mean arrivals a second. They come at random (Poisson), whether the ones before have ended or not. */
  readonly perSecond: number;
  readonly count: number;
  readonly signal: AbortSignal;
}

const SEED = 1;

/** Milliseconds between arrivals, always the same ones: so that two runs of a bench meet the same bursts. */
export function arrivalGaps({ perSecond, count }: Pick<ArrivalOptions, 'perSecond' | 'count'>): readonly number[] {
  const generator = xoroshiro128plus(SEED);
  return Array.from({ length: count }, () => (-Math.log(1 - uniformFloat64(generator)) / perSecond) * 1000);
}

/** Calls at random times, and gives the milliseconds from each arrival until its call was done. */
export async function callAtRandom(call: () => Promise<unknown>, options: ArrivalOptions): Promise<readonly number[]> {
  const calls: Promise<number>[] = [];
  let due = performance.now();
  for (const gap of arrivalGaps(options)) {
    due += gap;
    await delay(Math.max(0, due - performance.now()), undefined, { signal: options.signal });
    calls.push(timed(call));
  }
  return Promise.all(calls);
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}
