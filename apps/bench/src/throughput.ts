import { setTimeout as delay } from 'node:timers/promises';
import type { Samples, Subjects } from './interleave.js';

export interface ThroughputOptions {
  /** Calls in flight at any time. */
  readonly inFlight: number;
  /** Slices of each subject. */
  readonly rounds: number;
  /** How long a slice is measured. */
  readonly sliceMs: number;
  /** How long it runs before it is, so that what was made ready ahead is used up. */
  readonly leadMs: number;
  readonly signal: AbortSignal;
}

/** Milliseconds between two slices, in which what still runs of the last one ends. */
const REST_MS = 300;

/** Calls a second that each subject sustains, slice by slice, each round in the other order. */
export async function interleaveThroughput<Name extends string>(
  subjects: Subjects<Name>,
  options: ThroughputOptions,
): Promise<Samples<Name>> {
  const names = Object.keys(subjects) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < options.rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      options.signal.throwIfAborted();
      samples[name].push(await runSlice(subjects[name], options));
      await delay(REST_MS, undefined, { signal: options.signal });
    }
  }
  return samples;
}

async function runSlice(
  subject: () => unknown,
  { inFlight, sliceMs, leadMs, signal }: ThroughputOptions,
): Promise<number> {
  const begin = performance.now() + leadMs;
  const end = begin + sliceMs;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end && !signal.aborted) {
      await subject();
      const now = performance.now();
      if (now >= begin && now < end) done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (done / sliceMs) * 1000;
}
