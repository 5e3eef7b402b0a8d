import { createError } from '@kb-labs/contracts';
import type { SandboxCall, SandboxHost, SandboxOutcome, SandboxPlan } from '@kb-labs/contracts';
import { createSession, wireLimitsFor } from '@kb-labs/sandbox/wire';
import type { Session } from '@kb-labs/sandbox/wire';
import type { Bundled, Bundler } from '../bundle/bundler.js';
import { mapOutcome } from '../bundle/map-stack.js';
import { GUEST_ROOT, toGuestCall } from '../bundle/guest-paths.js';
import type { Engine } from '../engine.js';
import { cpuExceeded, describeEnd, maxMemoryFor, usageOf } from './describe-end.js';
import { startGuestThread } from './guest-thread.js';
import type { GuestThread } from './guest-thread.js';

/** Between two looks at the CPU time of a guest that does not look itself. */
const INTERVAL_MS = 20;
/** A thread stops its guest by itself where the host, which should have, was too busy to. */
const LATE_MS = 500;
const HEADER_BYTES = 8;

/** A plan, the engine, and who makes one module of a plugin's many. */
export interface PlaceOptions {
  readonly plan: SandboxPlan;
  readonly engine: Engine;
  readonly bundler: Bundler;
}

/** One guest that is ready for its run. */
export interface Place {
  run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome>;
  dispose(): Promise<void>;
  readonly gone: Promise<unknown>;
}

/** Starts an interpreter and waits until it is ready. Throws as `SandboxAdapter.acquire` does, with nothing left behind. */
export async function openPlace({ plan, engine, bundler }: PlaceOptions): Promise<Place> {
  const begun = performance.now();
  const thread = startThread(plan, engine);
  const session = openSession(plan, thread);
  const stopWatching = watchCpu(thread, session, plan);
  await session.start();
  const startedMs = performance.now() - begun;
  const closing = new AbortController();
  return {
    async run(call, host) {
      // A bundler that is asked starts what nobody would end.
      if (closing.signal.aborted) return await failLoading(session, thread, placeClosed());
      const { startTimeoutMs: limitMs } = plan.limits;
      const timeoutMs = Math.max(1, limitMs - startedMs);
      const bundle = bundler.bundle({
        root: plan.plugin.root,
        call: { ...call, signal: AbortSignal.any([call.signal, closing.signal]) },
        timeoutMs,
        limitMs,
      });
      const bundled = await Promise.race([bundle, thread.gone.then(() => placeClosed())]);
      if (!bundled.ok) return await failLoading(session, thread, bundled);
      const running = session.run(toGuestCall(call, plan.plugin.root), host);
      // The first thing that a guest hears is the run; then its module may be there.
      thread.load(bundled.module);
      return mapOutcome(await running, bundled);
    },
    gone: thread.gone,
    async dispose() {
      stopWatching();
      await session.dispose();
      closing.abort();
    },
  };
}

function startThread({ limits }: SandboxPlan, { wasm, prelude }: Engine): GuestThread {
  const { maxJsonBytes, maxBinaryBytes } = wireLimitsFor(limits.maxResultBytes);
  return startGuestThread({
    wasm,
    prelude,
    maxMemoryBytes: maxMemoryFor(limits),
    cpuMs: limits.cpuMs,
    deadlineMs: limits.timeoutMs + limits.graceMs * 2 + LATE_MS,
    maxFrameBytes: maxJsonBytes + maxBinaryBytes + HEADER_BYTES,
  });
}

function openSession(plan: SandboxPlan, thread: GuestThread): Session {
  const { limits } = plan;
  const session = createSession({
    transport: thread.transport,
    // No path of the host goes in.
    plan: { ...plan, plugin: { ...plan.plugin, root: GUEST_ROOT } },
    stays: false,
    lifeline: {
      terminate: thread.stop,
      async quit() {
        thread.kill();
        await thread.gone;
      },
      gone: thread.gone.then((exit) => describeEnd(exit, limits, thread)),
      usage: () => usageOf(thread),
    },
  });
  thread.onEnded((word) => session.guest.fail(describeEnd(word, limits, thread)));
  return session;
}

/** The thread looks itself whenever QuickJS asks; this is for what does not ask, such as a sort of numbers. */
function watchCpu(thread: GuestThread, session: Session, { limits }: SandboxPlan): () => void {
  const timer = setInterval(() => {
    const { cpuMs } = thread.usage();
    if (cpuMs > limits.cpuMs) session.guest.fail(cpuExceeded(cpuMs, limits));
  }, INTERVAL_MS);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  void thread.gone.then(stop);
  return stop;
}

type Unbundled = Extract<Bundled, { readonly ok: false }>;

function placeClosed(): Unbundled {
  const error = createError('ERR_SANDBOX_CRASHED', 'the place was closed before the run began');
  return { ok: false, error, guestError: undefined };
}

async function failLoading(session: Session, thread: GuestThread, failed: Unbundled): Promise<SandboxOutcome> {
  await session.dispose();
  const usage = { ...usageOf(thread), outputBytes: 0, resultBytes: 0, leaked: [] };
  return { ...failed, phase: 'load', usage };
}
