import { ABORT_LINE, abortLineOf, settledWith } from '@kb-labs/contracts';
import type {
  ConfinementReport,
  Sandbox,
  SandboxCall,
  SandboxHost,
  SandboxOutcome,
  SandboxPlan,
} from '@kb-labs/contracts';
import { onCallAbort } from '../wire/deadline.js';
import { placeClosed } from '../wire/place-closed.js';
import type { ForkPlaceOptions } from './fork-place.js';
import { listenTo } from './heard-host.js';
import { wasNeverRead } from './never-read.js';
import { createOwnLine } from './own-line.js';
import type { OwnLine } from './own-line.js';
import { withoutChild } from './run-without-child.js';
import { bind, isFitAfter, mayServe } from './warm-child.js';
import type { WarmChild } from './warm-child.js';
import type { WarmLease, WarmPool } from './warm-pool.js';

/** After so many children that were dead when they were needed, the machine has other troubles. */
const MOST_TRIES = 3;

/** Takes a child that stays for later runs of the same plugin and plan. Throws as `SandboxAdapter.acquire` does. */
export async function openWarmPlace(options: ForkPlaceOptions): Promise<Sandbox> {
  return new WarmPlace(options, await options.pool.warm.lease(options.plan));
}

/** The same at once, where such a child is there; `undefined` where there is something to wait for, or to refuse. */
export function takeWarmPlace(options: ForkPlaceOptions): Sandbox | undefined {
  const { plan, pool } = options;
  if ((abortLineOf(plan) ?? plan.signal).aborted) return undefined;
  const lease = pool.warm.leaseAtOnce(plan);
  return lease === undefined ? undefined : new WarmPlace(options, lease);
}

const CLOSED = settledWith<void>(undefined);

class WarmPlace implements Sandbox {
  readonly confinement: ConfinementReport;
  readonly #plan: SandboxPlan;
  readonly #pool: WarmPool;
  #lease: WarmLease;
  #running: Promise<unknown> | undefined;
  /** Of a run in a child that may serve others beside it. */
  #current: OwnLine | undefined;
  #isClosed = false;
  /** Of the search for another child, where the first one could not serve the run. */
  #searching: AbortController | undefined;

  constructor({ plan, pool, report }: ForkPlaceOptions, lease: WarmLease) {
    this.confinement = report;
    this.#plan = plan;
    this.#pool = pool.warm;
    this.#lease = lease;
  }

  get coldStart(): boolean {
    return this.#lease.isCold;
  }

  async run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome> {
    const { isolation } = this.#plan;
    if (isolation.kind === 'execution' || !isolation.reentrant) return await this.#follow(this.#lead(call, host));
    // Its own line, which the place can end as well as its caller.
    const line = createOwnLine();
    this.#current = line;
    const stop = onCallAbort(call, () => line.abort((abortLineOf(call) ?? call.signal).reason));
    const own = { ...call, [ABORT_LINE]: line };
    const outcome = await this.#follow(this.#lead(own, host));
    stop();
    return outcome;
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return CLOSED;
    this.#isClosed = true;
    if (this.#running !== undefined) return this.#stop();
    this.#pool.release(this.#lease.warm);
    return CLOSED;
  }

  async #stop(): Promise<void> {
    this.#searching?.abort(placeClosed());
    const { child, open } = this.#lease.warm;
    // Whoever else has a run in this child keeps it, unless this run does not stop in its grace.
    if (open === 1) await child.session.dispose();
    this.#current?.abort(placeClosed());
    await this.#running;
    this.#pool.release(this.#lease.warm);
  }

  async #follow(run: Promise<SandboxOutcome>): Promise<SandboxOutcome> {
    this.#running = run;
    const outcome = await run;
    this.#running = undefined;
    return outcome;
  }

  async #lead(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome> {
    try {
      if (this.#isClosed) throw placeClosed();
      for (let tried = 1; ; tried += 1) {
        // Whoever has the same child may have bound it meanwhile: nothing is waited for between the last look and `bind`.
        while (!this.#fits(call)) await this.#exchange(call);
        const heard = listenTo(host);
        const { isCold, warm } = this.#lease;
        const { cpuMs } = warm.child.watch.last;
        const { outcome, wasAlone } = await runIn(warm, { call, host: heard.host, plan: this.#plan });
        if (!isFitAfter(warm, outcome, this.#plan)) this.#pool.retire(warm);
        const isLost = !isCold && wasAlone && !heard.anything() && wasNeverRead(warm.child, outcome, cpuMs);
        // A child that ended because its place did looks as one that was dead before it got the run.
        if (!isLost || tried > MOST_TRIES || this.#isClosed) return outcome;
        await this.#exchange(call);
      }
    } catch (error) {
      return withoutChild(error);
    }
  }

  #fits(call: SandboxCall): boolean {
    const answer = mayServe(this.#lease.warm, call, this.#plan);
    if (answer === 'other-files') this.#pool.retire(this.#lease.warm);
    return answer === 'yes';
  }

  /** Lets go of a child that cannot serve this call, for one that can. */
  async #exchange(call: SandboxCall): Promise<void> {
    const { warm } = this.#lease;
    this.#searching ??= new AbortController();
    const plan = { ...this.#plan, signal: AbortSignal.any([call.signal, this.#searching.signal]) };
    this.#lease = await this.#pool.lease(plan, (other) => mayServe(other, call, plan) === 'yes');
    this.#pool.release(warm);
    if (this.#isClosed) throw placeClosed();
  }
}

interface RunParts extends Pick<ForkPlaceOptions, 'plan'> {
  readonly call: SandboxCall;
  readonly host: SandboxHost;
}

interface EndedRun {
  readonly outcome: SandboxOutcome;
  /** Nothing was sent to the child meanwhile but this run. */
  readonly wasAlone: boolean;
}

async function runIn(warm: WarmChild, { call, host, plan }: RunParts): Promise<EndedRun> {
  const wasAlone = warm.open === 1;
  bind(warm, call, plan);
  const { runs } = warm;
  const end = warm.child.begin(plan.limits);
  const outcome = await warm.child.session.run(call, host);
  end();
  return { outcome, wasAlone: wasAlone && warm.runs === runs };
}
