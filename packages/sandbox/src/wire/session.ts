import { createError } from '@kb-labs/contracts';
import type {
  PluginError,
  SandboxCall,
  SandboxHost,
  SandboxLimits,
  SandboxOutcome,
  SandboxPlan,
  SandboxUsage,
} from '@kb-labs/contracts';
import { abortError } from './abort-error.js';
import { createHostPeer } from './host-peer.js';
import type { HostPeer } from './host-peer.js';
import { inputError, outcomeOf } from './outcome.js';
import type { ArrivedResult } from './outcome.js';
import type { OutputGate } from './output-gate.js';
import type { WireTransport } from './transport.js';
import { armTimer, createSettled } from './waiting.js';
import type { Settled } from './waiting.js';

/** What an adapter can do to a guest, and know of it, from outside. */
export interface GuestLifeline {
  /** Asks it to go, as SIGTERM does. May do nothing. */
  terminate(): void;
  /** Ends it by force. `gone` must resolve after this, whatever the guest does. */
  kill(): void;
  /** Resolves when nothing of the guest is left and all that it sent has been received; says how a guest ended that was not told to. */
  readonly gone: Promise<PluginError>;
  /** What it has used up to now. */
  usage(): Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;
}

/** A channel to a guest, what it may use, and how it is ended: all that an adapter brings. */
export interface SessionOptions {
  readonly transport: WireTransport;
  readonly plan: SandboxPlan;
  readonly lifeline: GuestLifeline;
}

/** One guest from its `ready` to its end. Time limits, abort, grace and the order of signals are the same for every adapter that uses it. */
export interface Session {
  /** Waits for `ready`. On failure (`ERR_START_TIMEOUT`, `ERR_ABORTED`, `ERR_SANDBOX_CRASHED`, `ERR_PROTOCOL`) the guest is gone. */
  start(): Promise<void>;
  /** Settles when the guest is gone. Never rejects. Once. */
  run(call: SandboxCall, host: SandboxHost): Promise<SandboxOutcome>;
  /** Ends the run for a reason that the adapter saw from outside: memory, CPU time. */
  fail(error: PluginError): void;
  /** Kills what is left and waits until it is gone. */
  dispose(): Promise<void>;
  readonly output: OutputGate;
}

interface Arrived extends ArrivedResult {
  readonly kind: 'result';
}
type Verdict = Arrived | Ending;
interface Ending {
  /** `ask`: abort first, then signals. `force`: at once. `closed`: the channel ended, so an exit should follow. */
  readonly kind: 'ask' | 'force' | 'closed';
  readonly error: PluginError;
}

/** A guest that does not go on SIGTERM has this long, or `graceMs` if that is less. */
const SIGTERM_GRACE_MS = 50;
/** Between the end of the channel and the exit of its process. */
const EXIT_AFTER_CLOSE_MS = 250;

/** Makes the session. The transport is taken over at once, so that no first byte is lost. */
export function createSession({ transport, plan, lifeline }: SessionOptions): Session {
  const ready = createSettled<true>();
  const verdict = createSettled<Verdict>();
  const done = createSettled<readonly string[]>();
  const peer = createHostPeer({
    transport,
    limits: plan.limits,
    events: {
      onReady: () => ready.settle(true),
      onResult: (result, bytes) => verdict.settle({ kind: 'result', result, bytes }),
      onDone: (leaked) => done.settle(leaked),
      onBroken: (error) => verdict.settle({ kind: error.code === 'ERR_SANDBOX_CRASHED' ? 'closed' : 'force', error }),
    },
  });
  void lifeline.gone.then((error) => verdict.settle({ kind: 'force', error }));
  const parts: SessionParts = { peer, lifeline, verdict, done, limits: plan.limits };

  return {
    output: peer.output,
    start: () => start(plan, parts, ready),
    async run(call, host) {
      try {
        peer.run(call, host, { root: plan.plugin.root, env: plan.env });
      } catch (error) {
        verdict.settle({ kind: 'force', error: inputError(error) });
      }
      const first = await watchTime(call.signal, parts);
      return await conclude(first, parts);
    },
    fail: (error) => verdict.settle({ kind: 'force', error }),
    async dispose() {
      lifeline.kill();
      await lifeline.gone;
      transport.close();
    },
  };
}

interface SessionParts {
  readonly peer: HostPeer;
  readonly lifeline: GuestLifeline;
  readonly verdict: Settled<Verdict>;
  readonly done: Settled<readonly string[]>;
  readonly limits: SandboxLimits;
}

async function start(plan: SandboxPlan, parts: SessionParts, ready: Settled<true>): Promise<void> {
  const { startTimeoutMs } = plan.limits;
  const begun = performance.now();
  const stop = armDeadline(startTimeoutMs, () => {
    const details = { elapsedMs: Math.round(performance.now() - begun), limitMs: startTimeoutMs };
    const hint = 'raise quotas.startTimeoutMs, or look at what keeps the machine busy';
    const error = createError('ERR_START_TIMEOUT', `the sandbox was not ready after ${startTimeoutMs} ms`, {
      details,
      hint,
    });
    parts.verdict.settle({ kind: 'force', error });
  });
  const unlisten = onAbort(plan.signal, (error) => parts.verdict.settle({ kind: 'force', error }));
  try {
    const first = await Promise.race([ready.promise, parts.verdict.promise]);
    if (first === true) return;
    throw await endGuest(first, parts);
  } finally {
    stop();
    unlisten();
  }
}

/** Waits for the verdict, and brings one about when the time is up or the caller aborts. */
async function watchTime(signal: AbortSignal, { verdict, limits }: SessionParts): Promise<Verdict> {
  const { timeoutMs } = limits;
  const begun = performance.now();
  const stop = armDeadline(timeoutMs, () => {
    const details = { elapsedMs: Math.round(performance.now() - begun), limitMs: timeoutMs };
    const hint = 'do less in one call, or raise quotas.timeoutMs in the grant, and in the manifest where there is one';
    const error = createError('ERR_TIMEOUT', `the handler ran longer than ${timeoutMs} ms`, { details, hint });
    verdict.settle({ kind: 'ask', error });
  });
  const unlisten = onAbort(signal, (error) => verdict.settle({ kind: 'ask', error }));
  try {
    return await verdict.promise;
  } finally {
    stop();
    unlisten();
  }
}

/** Rings once what came in until then has been read: a host that stood still, or was busy, finds answers that came in time beside late timers. */
function armDeadline(ms: number, ring: () => void): () => void {
  let unread: NodeJS.Immediate | undefined;
  const stop = armTimer(ms, () => {
    unread = setImmediate(ring);
  });
  return () => {
    stop();
    clearImmediate(unread);
  };
}

function onAbort(signal: AbortSignal, abort: (error: PluginError) => void): () => void {
  const listener = (): void => abort(abortError(signal));
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

async function conclude(verdict: Verdict, parts: SessionParts): Promise<SandboxOutcome> {
  const { peer, lifeline, done, limits } = parts;
  if (verdict.kind !== 'result') {
    const error = await endGuest(verdict, parts);
    const usage = { ...lifeline.usage(), outputBytes: peer.output.bytes, resultBytes: 0, leaked: [] };
    return { ok: false, error, guestError: undefined, phase: 'handler', usage };
  }
  peer.end();
  const leaked = await within(limits.graceMs, [done.promise, lifeline.gone.then(() => [])]);
  const used = lifeline.usage();
  lifeline.kill();
  await lifeline.gone;
  const names = leaked === undefined ? ['did not leave within graceMs'] : leaked;
  const resultBytes = verdict.result.ok ? verdict.bytes : 0;
  const usage = { ...used, outputBytes: peer.output.bytes, resultBytes, leaked: names };
  return outcomeOf(verdict, { maxResultBytes: limits.maxResultBytes, usage });
}

/** Ends the guest in the way that its ending asks for, and returns the error that stands. */
async function endGuest(ending: Verdict, { peer, lifeline, done, limits }: SessionParts): Promise<PluginError> {
  if (ending.kind === 'result') return createError('ERR_PROTOCOL', 'a result before the run');
  const gone = lifeline.gone.then((error) => ({ error }));
  if (ending.kind === 'closed') {
    const exit = await within(EXIT_AFTER_CLOSE_MS, [gone]);
    lifeline.kill();
    await gone;
    return exit?.error ?? ending.error;
  }
  if (ending.kind === 'ask') {
    peer.abort(ending.error.code, ending.error.message);
    peer.end();
    await within<unknown>(limits.graceMs, [gone, done.promise]);
    lifeline.terminate();
    await within(Math.min(limits.graceMs, SIGTERM_GRACE_MS), [gone]);
  }
  lifeline.kill();
  await gone;
  return ending.error;
}

/** The first of several, or `undefined` when the time is up. */
async function within<Value>(ms: number, waits: readonly Promise<Value>[]): Promise<Value | undefined> {
  const late = createSettled<undefined>();
  const stop = armTimer(ms, () => late.settle(undefined));
  try {
    return await Promise.race([...waits, late.promise]);
  } finally {
    stop();
  }
}
