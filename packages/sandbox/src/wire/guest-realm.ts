import { createEarlyOutput } from './early-output.js';
import type { EarlyOutput } from './early-output.js';
import type { GuestRuns } from './guest-runs.js';
import type { GuestRealm } from './messages.js';
import { runIsOver } from './served-run.js';
import type { ServedRun } from './served-run.js';
import { createSettled } from './waiting.js';

/** The surroundings of all runs of one guest, once it has been told of them. */
export interface EnteredRealm {
  readonly facts: GuestRealm;
  /** Asks the host in the name of the run whose code calls it, and before the first run waits for that. `undefined` where it was not granted. */
  readonly fetch: typeof globalThis.fetch | undefined;
  /** What is said while there is no run, before the first one. */
  earlyOutput(): EarlyOutput | undefined;
  /** The output of a run that begins. The first one says what waited. */
  openOutput(): EarlyOutput;
  /** A run is made, and will be served. */
  meet(run: ServedRun): void;
}

/** Makes it, before the first run. */
export function enterRealm(facts: GuestRealm, runs: GuestRuns): EnteredRealm {
  const first = createSettled<ServedRun>();
  let early: EarlyOutput | undefined = createEarlyOutput(facts.limits.maxOutputBytes);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const run = runs.current() ?? (early === undefined ? undefined : await first.promise);
    if (run?.ctx.fetch === undefined) throw runIsOver();
    return await run.ctx.fetch(input, init);
  };
  return {
    facts,
    fetch: facts.fetch ? fetch : undefined,
    earlyOutput: () => early,
    openOutput() {
      const output = early ?? createEarlyOutput(facts.limits.maxOutputBytes);
      early = undefined;
      return output;
    },
    meet: (run) => first.settle(run),
  };
}
