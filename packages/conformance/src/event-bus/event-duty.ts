import type { EventBench } from './event-bench.js';

/** Something that every event bus does. `check` rejects where it does not. */
export interface EventDuty {
  /** A fact: "keeps the order of each topic". */
  readonly title: string;
  readonly check: (bench: EventBench) => Promise<void>;
}
