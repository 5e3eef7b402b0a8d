import { createError } from '@kb-labs/contracts';
import type { ConfinementReport, Sandbox, SandboxPlan } from '@kb-labs/contracts';
import { abortError } from './abort-error.js';
import { assertOwnGuest } from './own-guest.js';
import type { Session } from './session.js';

/** The places of one adapter: those that are open, and those that are being opened. */
export interface OpenPlaces {
  /**
   * Opens a place for this plan and keeps it until it is disposed of. Refuses with `ERR_CONFIG_INVALID` once these are closed, and a plan that
   * asks for a guest that stays. One that is being opened meanwhile is called off by the signal of the plan that `open` is given (`ERR_ABORTED`).
   */
  acquire(plan: SandboxPlan, open: (plan: SandboxPlan) => Promise<OpenedPlace>): Promise<Sandbox>;
  /** Ends all. When it resolves nothing of them is left, nor of those that were being opened or have been disposed of. */
  close(): Promise<void>;
}

/** What an adapter opens, and how it is confined. */
export interface OpenedPlace {
  readonly place: Pick<Session, 'run' | 'dispose'>;
  readonly report: ConfinementReport;
  /** Resolves when the system has nothing of it left: after `dispose`, or later. */
  readonly gone: Promise<unknown>;
}

/** Begins with none. `adapter` is its name, for errors. */
export function createOpenPlaces(adapter: string): OpenPlaces {
  const places = new Set<Sandbox>();
  const opening = new Set<Promise<Sandbox>>();
  const leaving = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const openOne = async (plan: SandboxPlan, open: (plan: SandboxPlan) => Promise<OpenedPlace>): Promise<Sandbox> => {
    const signal = AbortSignal.any([plan.signal, closing.signal]);
    if (signal.aborted) throw abortError(signal);
    const { place, report, gone } = await open({ ...plan, signal });
    leaving.add(gone);
    void gone.then(() => leaving.delete(gone));
    if (closing.signal.aborted) {
      await place.dispose();
      throw abortError(closing.signal);
    }
    const sandbox: Sandbox = {
      confinement: report,
      coldStart: true,
      run: (call, host) => place.run(call, host),
      async [Symbol.asyncDispose]() {
        await place.dispose();
        places.delete(sandbox);
      },
    };
    places.add(sandbox);
    return sandbox;
  };
  return {
    async acquire(plan, open) {
      if (closing.signal.aborted) throw disposed(adapter);
      assertOwnGuest(plan, adapter);
      const opened = openOne(plan, open);
      opening.add(opened);
      try {
        return await opened;
      } finally {
        opening.delete(opened);
      }
    },
    async close() {
      closing.abort(new Error(`the ${adapter} sandbox was disposed`));
      await Promise.all([...places].map((place) => place[Symbol.asyncDispose]()));
      await Promise.allSettled(opening);
      await Promise.all(leaving);
    },
  };
}

function disposed(adapter: string): Error {
  return createError('ERR_CONFIG_INVALID', `the ${adapter} sandbox has been disposed`, { hint: 'make a new one' });
}
