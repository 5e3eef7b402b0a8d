import type { SandboxHost } from '@kb-labs/contracts';
import type { Engine } from './engine.js';
import { lead, storeOf } from './execute.js';
import type { KnownRun } from './known-run.js';
import type { Job } from './request.js';
import type { Run } from './run.js';
import { createHostSide } from './stages/host-side.js';
import { lendHostApi } from './stages/lent-host-api.js';
import type { LentHostApi } from './stages/lent-host-api.js';
import type { Authority } from './stages/permissions.js';

/** Who runs, and what it may do. */
export interface Lending {
  readonly job: Job;
  readonly engine: Engine;
  readonly known: KnownRun;
  readonly authority: Authority;
}

/** The host's side of one run, which is there from the first word or call of its guest on: many say nothing. */
export class LateHost {
  readonly #run: Run;
  readonly #lending: Lending;
  #lent: LentHostApi | undefined;
  #side: SandboxHost | undefined;
  #isOver = false;

  constructor(run: Run, lending: Lending) {
    this.#run = run;
    this.#lending = lending;
  }

  readonly open = (): SandboxHost => (this.#side ??= this.#make());

  get isUnused(): boolean {
    return this.#side === undefined;
  }

  /** Puts into the receipt what was called. */
  count(): void {
    if (this.#lent === undefined) return;
    this.#run.receipt.hostCallsByName = this.#lent.callsByName;
    this.#run.receipt.denials = this.#lent.denials;
  }

  /** Nothing to wait for where nothing was called. Whoever comes later is refused. */
  close(): Promise<void> | undefined {
    this.#isOver = true;
    return this.#lent?.close();
  }

  #make(): SandboxHost {
    const run = this.#run;
    const { job, engine, known, authority } = this.#lending;
    const { prepared, functions, task } = known;
    const { pluginId, executionId, traceId } = run.identity;
    const work = { job, engine, prepared, authority, functions, store: storeOf(job, engine), lead };
    const lent = lendHostApi(run, { ...work, audit: (record) => run.audit(record), env: task.env });
    // Nobody would close what is made after the end.
    if (this.#isOver) void lent.close();
    this.#lent = lent;
    const analytics = functions.includes('analytics.track')
      ? engine.rooms.analytics?.forGuest({ pluginId, executionId, traceId })
      : undefined;
    return createHostSide(run, { hostApi: lent, authority, presenter: job.settings.presenter, analytics });
  }
}
