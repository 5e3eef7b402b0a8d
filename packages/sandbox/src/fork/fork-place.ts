import type {
  ConfinementReport,
  Sandbox,
  SandboxCall,
  SandboxHost,
  SandboxOutcome,
  SandboxPlan,
} from '@kb-labs/contracts';
import type { ChildPool } from './child-pool.js';
import type { GuestChild } from './guest-child.js';
import { fits } from './preload-spare.js';

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
  let taken = await pool.take(plan);
  let hasRun = false;
  const exchange = async (call: SandboxCall): Promise<void> => {
    await taken.child.session.dispose();
    taken = await pool.takeFor(call, { ...plan, signal: call.signal });
  };
  return {
    confinement: report,
    get coldStart() {
      return taken.isCold;
    },
    async run(call, host) {
      hasRun = true;
      const habit = pool.habitOf(plan);
      if (!fits(taken, call, plan)) {
        habit?.noteMiss();
        await exchange(call);
      }
      for (let tried = 1; ; tried += 1) {
        const { child } = taken;
        const heard = listen(host);
        const end = child.begin(plan.limits);
        const outcome = await child.session.run(call, heard.host);
        end();
        habit?.note(call, outcome);
        if (taken.isCold || tried > MOST_SPARES || heard.anything() || !wasLost(child, outcome)) return outcome;
        try {
          await exchange(call);
        } catch {
          // There is no other one: what ended the first one is what there is to tell.
          return outcome;
        }
      }
    },
    async [Symbol.asyncDispose]() {
      if (hasRun) await taken.child.session.dispose();
      else await pool.giveBack(plan, taken);
      hasRun = true;
    },
  };
}

/** Whether the child ended without having got the run: none of its code was called. */
function wasLost(child: GuestChild, outcome: SandboxOutcome): boolean {
  return !outcome.ok && outcome.error.code === 'ERR_SANDBOX_CRASHED' && child.leftUnread();
}

/** Notices whether a guest says anything. */
function listen(host: SandboxHost): { readonly host: SandboxHost; readonly anything: () => boolean } {
  let anything = false;
  return {
    host: {
      call(name, args, signal) {
        anything = true;
        return host.call(name, args, signal);
      },
      note(note) {
        anything = true;
        host.note(note);
      },
    },
    anything: () => anything,
  };
}
