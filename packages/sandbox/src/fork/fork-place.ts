import type { ConfinementReport, Sandbox, SandboxCall, SandboxPlan } from '@kb-labs/contracts';
import { placeClosed } from '../wire/place-closed.js';
import type { ChildPool } from './child-pool.js';
import { listenTo } from './heard-host.js';
import { wasNeverRead } from './never-read.js';
import { fits } from './preload-spare.js';
import { withoutChild } from './run-without-child.js';

/** Where a place gets its child from, and what confines it. */
export interface ForkPlaceOptions {
  readonly plan: SandboxPlan;
  readonly pool: ChildPool;
  readonly report: ConfinementReport;
}

/** After so many spares that were dead when they were needed, the machine has other troubles. */
const MOST_SPARES = 3;

/** Takes a child, for one run in a process of its own. Throws as `SandboxAdapter.acquire` does. */
export async function openForkPlace({ plan, pool, report }: ForkPlaceOptions): Promise<Sandbox> {
  const held = new HeldChild(await pool.take(plan), { plan, pool });
  let hasRun = false;
  let closing: Promise<void> | undefined;
  return {
    confinement: report,
    get coldStart() {
      return held.taken.isCold;
    },
    async run(call, host) {
      // Its child may be another place's by now.
      if (closing !== undefined) return withoutChild(placeClosed());
      hasRun = true;
      const habit = pool.habitOf(plan);
      if (!fits(held.taken, call, plan)) {
        habit?.noteMiss();
        try {
          await held.exchange(call);
        } catch (error) {
          return withoutChild(error);
        }
      }
      for (let tried = 1; ; tried += 1) {
        const { child, isCold } = held.taken;
        const heard = listenTo(host);
        const { cpuMs } = child.watch.last;
        const end = child.begin(plan.limits);
        const outcome = await child.session.run(call, heard.host);
        end();
        habit?.note(call, outcome);
        const isLost = !isCold && !heard.anything() && wasNeverRead(child, outcome, cpuMs);
        if (!isLost || tried > MOST_SPARES) return outcome;
        try {
          await held.exchange(call);
        } catch {
          // There is no other one: what ended the first one is what there is to tell.
          return outcome;
        }
      }
    },
    async [Symbol.asyncDispose]() {
      closing ??= hasRun ? held.end() : pool.giveBack(plan, held.taken);
      await closing;
    },
  };
}

type TakenChild = Awaited<ReturnType<ChildPool['take']>>;

/** The child of a place: the one that it was opened with, or another that took its place. */
class HeldChild {
  readonly #options: Pick<ForkPlaceOptions, 'plan' | 'pool'>;
  #taken: TakenChild;
  #isEnding = false;
  /** Another one is being taken. Few places have that, and a signal takes a tenth of a millisecond to abort. */
  #exchanging: { readonly done: Promise<void>; readonly callOff: AbortController } | undefined;

  constructor(taken: TakenChild, options: Pick<ForkPlaceOptions, 'plan' | 'pool'>) {
    this.#taken = taken;
    this.#options = options;
  }

  get taken(): TakenChild {
    return this.#taken;
  }

  /** Ends it and takes another one for the call. Throws as `SandboxAdapter.acquire` does, and once this has ended. */
  exchange(call: SandboxCall): Promise<void> {
    const callOff = new AbortController();
    const done = this.#exchange(call, callOff.signal);
    this.#exchanging = { done, callOff };
    return done;
  }

  /** Ends it for good. When it resolves, nothing of it is left, nor of one that was being taken. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#exchanging?.callOff.abort();
    await this.#taken.child.session.dispose();
    await this.#exchanging?.done.catch(() => undefined);
  }

  async #exchange(call: SandboxCall, calledOff: AbortSignal): Promise<void> {
    const { plan, pool } = this.#options;
    await this.#taken.child.session.dispose();
    // A child that ended because its place did looks as one that was dead before it got the run.
    if (this.#isEnding) throw placeClosed();
    const next = await pool.takeFor(call, { ...plan, signal: AbortSignal.any([call.signal, calledOff]) });
    if (this.#isEnding) {
      await next.child.session.dispose();
      throw placeClosed();
    }
    this.#taken = next;
  }
}
