import { setTimeout as delay } from 'node:timers/promises';

/** What is measured beside one another, by name. */
export type Subjects<Name extends string> = Readonly<Record<Name, () => unknown>>;

/** Milliseconds of one call each, by name. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface InterleaveOptions {
  /** Samples of each. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Rounds before those that count. Default 3. */
  readonly warmups?: number;
  /** Milliseconds of rest before each call, so that what the one before left to be done is no cost of this one. Default 0. */
  readonly restMs?: number;
  /** Puts back what calls have changed. Before each call, and in no figure. */
  readonly clear?: () => Promise<void>;
}

/**
 * Times subjects in turn, one call of each in a round, and each round in another order: what disturbs the machine meets all of them alike.
 * A subject that throws ends the measuring.
 */
export async function interleave<Name extends string>(
  subjects: Subjects<Name>,
  { rounds, signal, warmups = 3, restMs = 0, clear }: InterleaveOptions,
): Promise<Samples<Name>> {
  const samples = emptySamples(subjects);
  for (let round = -warmups; round < rounds; round += 1) {
    for (const name of inOrderOf(round, samples)) {
      if (restMs > 0) await delay(restMs, undefined, { signal });
      await clear?.();
      signal.throwIfAborted();
      const start = performance.now();
      await subjects[name]();
      if (round >= 0) samples[name].push(performance.now() - start);
    }
  }
  return samples;
}

export interface LoopOptions extends InterleaveOptions {
  /** Calls behind one another in a round; a sample is their mean. Enough of them for a millisecond, or the clock is measured. */
  readonly calls: number;
}

/** The same for what is too short to be timed alone, and synchronous. What subjects return is kept, so that nothing is optimized away. */
export async function interleaveLoops<Name extends string>(
  subjects: Readonly<Record<Name, (index: number) => unknown>>,
  { rounds, signal, calls, warmups = 3 }: LoopOptions,
): Promise<Samples<Name>> {
  const samples = emptySamples(subjects);
  const sink: { last: unknown } = { last: undefined };
  for (let round = -warmups; round < rounds; round += 1) {
    for (const name of inOrderOf(round, samples)) {
      // A turn of the event loop, so that Ctrl-C is heard.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      const subject = subjects[name];
      const start = performance.now();
      for (let index = 0; index < calls; index += 1) sink.last = subject(index);
      if (round >= 0) samples[name].push((performance.now() - start) / calls);
    }
  }
  return samples;
}

function emptySamples<Name extends string>(subjects: Readonly<Record<Name, unknown>>): Record<Name, number[]> {
  const names = Object.keys(subjects) as Name[];
  return Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
}

/** Rotates by one each round, and turns back each second time, so that none is always the one after another. */
function inOrderOf<Name extends string>(round: number, samples: Readonly<Record<Name, unknown>>): Name[] {
  const names = Object.keys(samples) as Name[];
  const shift = ((round % names.length) + names.length) % names.length;
  const rotated = [...names.slice(shift), ...names.slice(0, shift)];
  return round % 2 === 0 ? rotated : rotated.toReversed();
}
