import type { Bench } from '../bench/trial.js';

/** Something that every adapter does, whatever it claims to keep. `check` rejects where it does not. */
export interface Duty {
  /** A fact: "hands the guest a copy of its input". */
  readonly title: string;
  readonly check: (bench: Bench) => Promise<void>;
}
