import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxCall, SandboxHost, SandboxOutcome, SandboxPlan } from '@kb-labs/contracts';
import { armDeadline, onAbort } from './deadline.js';
import { createDeadlines } from './deadlines.js';
import { watchFate } from './guest-fate.js';
import type { GuestFate, GuestLifeline } from './guest-fate.js';
import { createHostPeer } from './host-peer.js';
import type { HostPeer, PreloadCall } from './host-peer.js';
import { placeClosed } from './place-closed.js';
import { createSessionRuns } from './session-runs.js';
import type { WireTransport } from './transport.js';
import { createSettled } from './waiting.js';
import type { Settled } from './waiting.js';

/** A channel to a guest, what it may use, and how it is ended: all that an adapter brings. */
export interface SessionOptions {
  readonly transport: WireTransport;
  readonly plan: SandboxPlan;
  readonly lifeline: GuestLifeline;
  /** Whether the guest may stay after a run, for the next one. Otherwise each run ends it. */
  readonly stays: boolean;
}

/** One guest from its `ready` to its end. Time limits, abort, grace and the order of signals are the same for every adapter that uses it. */
export interface Session {
  /** Waits for `ready`. On failure (`ERR_START_TIMEOUT`, `ERR_ABORTED`, `ERR_SANDBOX_CRASHED`, `ERR_PROTOCOL`) the guest has been ended. */
  start(options?: StartOptions): Promise<void>;
  /**
   * Has the guest load what a later run will need, without calling any of it; before the first run, and once. `false` where that failed, took
   * longer than `startTimeoutMs`, or left something open: the guest is gone, and a run in a new one fails in the same way, and says why.
   */
  preload(call: PreloadCall): Promise<boolean>;
  /** Settles when the run is over, and unless the guest stays, when nothing of it runs. Never rejects. Where it stays, several may be under way. */
  run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome>;
  /** Ends what is left. When it resolves, nothing of the guest runs any more; `guest.gone` may come later. */
  dispose(): Promise<void>;
  readonly guest: SessionGuest;
}

/** How `ready` is waited for. */
interface StartOptions {
  /** Whether the wait holds the host's process: `true`. For a guest that nobody needs yet it should not. */
  readonly holds: boolean;
}

/** The guest of a session, for whoever sees it from outside. */
export interface SessionGuest {
  /** Ends it, and its runs, for a reason that was seen from outside: memory, CPU time. */
  fail(error: PluginError): void;
  /** Output that came past the channel. Of several runs, the oldest gets it. */
  raw(source: 'stdout' | 'stderr', text: string): void;
  /** Resolves when the system has nothing of it left. */
  readonly gone: Promise<unknown>;
  /** Whether another run may begin in it: it stays, it lives, and nothing that an earlier run left could meet the next. */
  readonly isReusable: boolean;
}

/** Makes the session. The transport is taken over at once, so that no first byte is lost. */
export function createSession({ transport, plan, lifeline, stays }: SessionOptions): Session {
  const ready = createSettled<true>();
  const loaded = createSettled<boolean>();
  const fate = watchFate(lifeline, plan.limits, () => peer.heardAll());
  const peer: HostPeer = createHostPeer({
    transport,
    plan,
    events: {
      onReady: () => ready.settle(true),
      onLoaded: (ok) => loaded.settle(ok),
      onBroken: (error, run) =>
        fate.fall({ kind: error.code === 'ERR_SANDBOX_CRASHED' ? 'closed' : 'force', error, run }),
    },
  });
  const runs = createSessionRuns({ peer, fate, lifeline, limits: plan.limits, deadlines: createDeadlines(), stays });

  return {
    start: (options = { holds: true }) => start(plan, { fate, ready, ...options }),
    preload: (call) => preload(call, { plan, peer, fate, loaded, hasRun: () => runs.hasBegun }),
    run: runs.run,
    async dispose() {
      if (fate.fallen === undefined) fate.fall({ kind: 'force', error: placeClosed(), run: undefined });
      await fate.end();
      transport.close();
    },
    guest: {
      fail: (error) => fate.fall({ kind: 'force', error, run: undefined }),
      raw: peer.raw,
      gone: lifeline.gone,
      get isReusable() {
        return runs.areReusable && fate.fallen === undefined;
      },
    },
  };
}

interface StartParts extends StartOptions {
  readonly fate: GuestFate;
  readonly ready: Settled<true>;
}

async function start(plan: SandboxPlan, { fate, ready, holds }: StartParts): Promise<void> {
  const { startTimeoutMs } = plan.limits;
  const force = (error: PluginError): void => fate.fall({ kind: 'force', error, run: undefined });
  const fallen = createSettled<false>();
  const stops = [
    armDeadline(startTimeoutMs, (elapsedMs) => force(startTimeout(elapsedMs, startTimeoutMs)), holds),
    onAbort(plan.signal, force),
    fate.onFall(() => fallen.settle(false)),
  ];
  const isReady = await Promise.race([ready.promise, fallen.promise]);
  for (const stop of stops) stop();
  if (!isReady) throw (await fate.end()).error;
}

function startTimeout(elapsedMs: number, limitMs: number): PluginError {
  return createError('ERR_START_TIMEOUT', `the sandbox was not ready after ${limitMs} ms`, {
    details: { elapsedMs, limitMs },
    hint: 'raise quotas.startTimeoutMs, or look at what keeps the machine busy',
  });
}

interface PreloadParts {
  readonly plan: SandboxPlan;
  readonly peer: HostPeer;
  readonly fate: GuestFate;
  readonly loaded: Settled<boolean>;
  readonly hasRun: () => boolean;
}

async function preload(call: PreloadCall, { plan, peer, fate, loaded, hasRun }: PreloadParts): Promise<boolean> {
  peer.preload(call);
  const stops = [
    // Nobody waits for it, so it holds nobody.
    armDeadline(plan.limits.startTimeoutMs, () => loaded.settle(false), false),
    fate.onFall(() => loaded.settle(false)),
  ];
  const isLoaded = await loaded.promise;
  for (const stop of stops) stop();
  // A run that was too impatient to wait meets what was met here, and tells.
  if (!isLoaded && !hasRun()) await fate.end();
  return isLoaded;
}
