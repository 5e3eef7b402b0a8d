import type { Measured, RowName } from './goals.js';

/** One thing that is measured, in one file of `benches/`. */
export interface Bench {
  readonly name: string;
  /** One line for `--list`: what is compared with what. */
  readonly title: string;
  /** Measures and disposes of all that it opened, also where it throws. Ends early where `signal` is aborted. */
  run(options: BenchOptions): Promise<readonly BenchRow[]>;
}

export interface BenchOptions {
  /** Fewer rounds, for a look: all benches together take less than five minutes on two cores. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** Says on stderr what is measured now. */
  readonly progress: (text: string) => void;
}

/** One figure beside what it is compared with, all of one run. Made by `row`, which computes `ratio`, `goal` and `ok`. */
export interface BenchRow extends Measured {
  readonly name: RowName;
  /** What `ours` is of the floor, or of the peer that the goal names; `null` where one of them was not measured. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly ok: boolean;
}
