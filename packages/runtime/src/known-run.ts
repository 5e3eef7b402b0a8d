import type { DirectSandbox, DirectTask } from '@kb-labs/contracts';
import type { CrashingHandler } from './crash-loops.js';
import type { Job } from './request.js';
import type { Authority } from './stages/permissions.js';
import type { Prepared } from './stages/prepare.js';

/** What is the same in all runs of one handler in this process under one context, once it has run. */
export interface KnownRun {
  readonly prepared: Prepared;
  readonly authorityFor: (job: Job) => Authority;
  readonly functions: readonly string[];
  readonly crashing: CrashingHandler;
  readonly sandbox: DirectSandbox;
  readonly task: DirectTask;
}

/** Tells which runs may go the straight way. */
export interface KnownRuns {
  /** `undefined` for all that must pass the stages one by one: where anything must be found, decided, told or kept. */
  find(job: Job): KnownRun | undefined;
}
