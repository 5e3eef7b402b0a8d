import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { createSampler } from './sample.js';
import type { Sample } from './sample.js';
import { judge } from './verdict.js';
import type { Verdict } from './verdict.js';
import { FAULTY, ORDINARY } from './workload.js';
import type { Work } from './workload.js';
import { openWorld } from './world.js';
import type { World } from './world.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly concurrency: number;
  readonly seed: number;
  /** The part of the runs that are broken on purpose, 0 to 1. */
  readonly faults: number;
  /** Ends the soak early and in good order. */
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample, runs: number) => void;
}

/** What a soak found. `verdict` is empty where it held. */
export interface SoakReport {
  readonly runs: number;
  /** Runs by how they ended: `ok` or a code. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly runsByPlace: Readonly<Record<string, number>>;
  /** Broken runs by what was done to them. */
  readonly faults: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  readonly verdict: Verdict;
}

/** Samples are taken so often, at most; a soak of a minute takes about thirty. */
const MOST_SAMPLES = 240;
const SHORTEST_WINDOW_MS = 1500;
const MOST_SURPRISES = 20;

/** Runs plugins for so many minutes, then tells what grew. Between two samples everything that runs is let end. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  await using world = await openWorld({ maxConcurrency: options.concurrency });
  using sampler = createSampler(world.swept);
  const tally = new Tally();
  const random = randomNumbers(options.seed);
  const samples: Sample[] = [];
  const start = performance.now();
  const end = start + options.minutes * 60_000;
  const window = Math.max(SHORTEST_WINDOW_MS, (options.minutes * 60_000) / MOST_SAMPLES);
  while (performance.now() < end && !options.signal.aborted && tally.surprises.length < MOST_SURPRISES) {
    const until = Math.min(end, performance.now() + window);
    const stop = (): boolean => performance.now() >= until || options.signal.aborted;
    const lane = async (): Promise<void> => {
      while (!stop()) await one({ world, tally, random, faults: options.faults });
    };
    await Promise.all(Array.from({ length: options.concurrency }, lane));
    const sample = sampler.take(performance.now() - start);
    samples.push(sample);
    options.onSample(sample, tally.runs);
  }
  const { runs, outcomes, runsByPlace, faults, surprises } = tally;
  return { runs, outcomes, runsByPlace, faults, samples, verdict: [...surprises, ...judge(samples)] };
}

interface Turn {
  readonly world: World;
  readonly tally: Tally;
  readonly random: () => number;
  readonly faults: number;
}

async function one({ world, tally, random, faults }: Turn): Promise<void> {
  const isFault = random() < faults;
  const work = pick(isFault ? FAULTY : ORDINARY, random);
  const place = work.places[Math.floor(random() * work.places.length)] ?? 'fork';
  const result = await work.run(world, place, tally.begin(place));
  const outcome = result.ok ? 'ok' : result.error.code;
  tally.end(work, outcome, isFault);
  if (work.outcomes.includes(outcome)) return;
  const said = result.ok ? 'it went well' : `${result.error.code}: ${result.error.message}`;
  tally.surprises.push(`${work.name} in ${place} should have ended with ${work.outcomes.join(' or ')}, but ${said}`);
}

class Tally {
  runs = 0;
  readonly outcomes: Record<string, number> = {};
  readonly runsByPlace: Record<string, number> = {};
  readonly faults: Record<string, number> = {};
  readonly surprises: string[] = [];

  begin(place: string): number {
    this.runs += 1;
    add(this.runsByPlace, place);
    return this.runs;
  }

  end(work: Work, outcome: string, isFault: boolean): void {
    add(this.outcomes, outcome);
    if (isFault) add(this.faults, work.name);
  }
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function pick(works: readonly Work[], random: () => number): Work {
  let left = random() * works.reduce((sum, { weight }) => sum + weight, 0);
  const found = works.find(({ weight }) => (left -= weight) < 0) ?? works[0];
  if (found === undefined) throw new Error('there is no work to pick from');
  return found;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}
