import type { HandlerContext } from '@kb-labs/contracts';
import type { EarlyOutput } from './early-output.js';
import { encodeValue } from './encode-value.js';
import { encodeVerdict } from './encode-verdict.js';
import { encodeFrame } from './frame.js';
import { createCallTable, makeCallError } from './guest-calls.js';
import type { CallTable } from './guest-calls.js';
import { createGuestContext } from './guest-context.js';
import type { GuestContext } from './guest-context.js';
import type { GuestOutput } from './guest-output.js';
import type { GuestPort } from './guest-port.js';
import { describeFailure, runInGuest } from './guest-run.js';
import type { GuestVerdict, ModuleLoader } from './guest-run.js';
import type { GuestRealm, HostCallFailure, HostMessage, HostReply, RunMessage } from './messages.js';
import { createSettled, within } from './waiting.js';

/** What all runs of a guest share. */
export interface GuestSurroundings {
  /** Takes whole frames. */
  readonly send: (frame: Uint8Array) => void;
  readonly nextCallId: () => number;
  readonly load: ModuleLoader;
  /** Kinds of resources that are open and may be this run's. */
  readonly leftOpen: () => readonly string[];
  readonly realm: GuestRealm;
}

/** One run as the guest's side serves it. */
export interface ServedRun {
  readonly ctx: HandlerContext;
  readonly output: GuestOutput;
  /** Leads it from its modules to `done`, after which it says nothing. Never rejects. Once. */
  serve(): Promise<void>;
  settle(reply: HostReply): void;
  /** The host wants no more of it. */
  abort(error: Error): void;
  /** Ends it with what was thrown outside of it. */
  fail(thrown: unknown): void;
}

/** Makes a run, whose handler is not called yet. What was said before it goes out first. */
export function createServedRun(message: RunOrder, guest: GuestSurroundings, early: EarlyOutput): ServedRun {
  const { root, limits } = guest.realm;
  const isEnded = createSettled<void>();
  const state = { isOver: false, isConcluded: false, isEnding: false, hasEnded: false, isSound: true };
  const send = (frame: Uint8Array): void => (state.isOver ? undefined : guest.send(frame));
  const { say, calls, context, stop } = openContext(message, { ...guest, send }, early);

  const conclude = (verdict: GuestVerdict): void => {
    if (!state.isConcluded) send(encodeVerdict(message.run, verdict));
    state.isConcluded = true;
  };
  const end = async (): Promise<void> => {
    if (state.isEnding) return;
    state.isEnding = true;
    const leaked = guest.leftOpen();
    context.end();
    calls.close(makeCallError(RUN_OVER));
    // A handler that was aborted has half of the grace to end by itself; its cleanups have the other half.
    if (!state.hasEnded) await within(limits.graceMs / 2, isEnded.promise);
    await context.cleanUp();
    say({ t: 'done', leaked, reusable: state.isSound && state.hasEnded && guest.leftOpen().length === 0 });
    state.isOver = true;
  };

  return {
    ctx: context.ctx,
    output: early.output,
    async serve() {
      const task = { ...message, root, maxResultBytes: limits.maxResultBytes };
      const verdict = await runInGuest(task, context, guest.load);
      state.hasEnded = true;
      isEnded.settle();
      conclude(verdict);
      await end();
    },
    settle: calls.settle,
    abort(error) {
      context.end();
      calls.close(error);
      stop.abort(error);
      void end();
    },
    fail(thrown) {
      state.isSound = false;
      conclude(describeFailure(thrown, 'handler', root));
      void end();
    },
  };
}

type RunOrder = Extract<HostMessage, { t: 'run' }>;

interface RunContext {
  readonly say: (word: RunMessage) => void;
  readonly calls: CallTable;
  readonly context: GuestContext;
  readonly stop: AbortController;
}

function openContext({ run, api }: RunOrder, guest: GuestSurroundings, early: EarlyOutput): RunContext {
  const { send, nextCallId: nextId, realm } = guest;
  const { output } = early;
  const say = (word: RunMessage): void => send(encodeFrame(encodeValue({ ...word, run })));
  const calls = createCallTable({ run, limits: realm.limits, nextId, send });
  const port: GuestPort = {
    call: (name, args, signal) => calls.call(name, args, signal),
    log: (level, text, fields) => output.log({ level, source: 'log', text, fields }),
    progress: (text, fraction) => output.progress(text, fraction),
    track: (name, attributes) => output.track(name, attributes),
  };
  const stop = new AbortController();
  const context = createGuestContext(port, { api, env: realm.env, signal: stop.signal });
  early.attach(say);
  return { say, calls, context, stop };
}

/** What a call is refused with that is made when its run is over. */
export const RUN_OVER: HostCallFailure = {
  code: 'ERR_PERMISSION_DENIED',
  message: 'the run is over: its context is revoked',
  hint: 'await every host call before the handler returns',
  details: { reason: 'run-over' },
};
