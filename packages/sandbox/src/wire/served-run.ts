import type { HandlerContext } from '@kb-labs/contracts';
import type { EarlyOutput } from './early-output.js';
import { encodeGuestWord } from './encode-message.js';
import { encodeVerdict } from './encode-verdict.js';
import { isLarge } from './frame-sender.js';
import type { FrameSender } from './frame-sender.js';
import { createCallTable, makeCallError } from './guest-calls.js';
import type { CallTable } from './guest-calls.js';
import { createGuestContext } from './guest-context.js';
import type { GuestContext } from './guest-context.js';
import type { GuestOutput } from './guest-output.js';
import type { GuestPort } from './guest-port.js';
import { describeFailure, runInGuest } from './guest-run.js';
import type { GuestVerdict, ModuleLoader } from './guest-run.js';
import type { GuestRealm, HostCallFailure, HostMessage, HostReply } from './messages.js';
import { createSettled, within } from './waiting.js';
import type { EncodedValue } from './wire-value.js';

/** What all runs of a guest share. */
export interface GuestSurroundings {
  readonly sender: FrameSender;
  readonly nextCallId: () => number;
  readonly load: ModuleLoader;
  /** Whether no other run is under way. */
  readonly isAlone: () => boolean;
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
  const { calls, context, stop } = openContext(message, guest, { early, isOver: () => state.isOver });

  const conclude = (verdict: GuestVerdict): void => {
    if (state.isConcluded) return;
    state.isConcluded = true;
    sendVerdict(encodeVerdict(message.run, verdict), guest, state.hasEnded && !context.hasCleanups());
  };
  const end = async (): Promise<void> => {
    if (state.isEnding) return;
    state.isEnding = true;
    const leaked = guest.leftOpen();
    context.end();
    calls.close(runIsOver);
    // A handler that was aborted has half of the grace to end by itself; its cleanups have the other half.
    if (!state.hasEnded) await within(limits.graceMs / 2, isEnded.promise);
    if (context.hasCleanups()) await context.cleanUp();
    const reusable = state.isSound && state.hasEnded && guest.leftOpen().length === 0;
    guest.sender.send(encodeGuestWord(message.run, { t: 'done', leaked, reusable }));
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
      calls.close(() => error);
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

/**
 * `isLastButOne` says that `done` follows at once, so that both leave together. Otherwise cleanups come between, which may never end. They may use
 * again what the handler has returned, as may another run.
 */
function sendVerdict(verdict: EncodedValue, { sender, isAlone }: GuestSurroundings, isLastButOne: boolean): void {
  if (!isLastButOne) sender.sendNow(verdict);
  else if (isAlone() && isLarge(verdict)) sender.lend(verdict);
  else sender.hold(verdict);
}

type RunOrder = Extract<HostMessage, { t: 'run' }>;

interface RunContext {
  readonly calls: CallTable;
  readonly context: GuestContext;
  readonly stop: AbortController;
}

interface ContextParts {
  readonly early: EarlyOutput;
  /** Whether the run has said its last word. */
  readonly isOver: () => boolean;
}

function openContext({ run, api }: RunOrder, guest: GuestSurroundings, { early, isOver }: ContextParts): RunContext {
  const { sender, nextCallId: nextId, realm } = guest;
  const { output } = early;
  const calls = createCallTable({ run, limits: realm.limits, nextId, sender, isOver });
  const port: GuestPort = {
    call: (name, args, signal) => calls.call(name, args, signal),
    log: (level, text, fields) => output.log({ level, source: 'log', text, fields }),
    progress: (text, fraction) => output.progress(text, fraction),
    track: (name, attributes) => output.track(name, attributes),
  };
  const stop = new AbortController();
  const context = createGuestContext(port, { api, env: realm.env, signal: stop.signal });
  early.attach((word) => (isOver() ? undefined : sender.sendNow(encodeGuestWord(run, word))));
  return { calls, context, stop };
}

/** What a call is refused with that is made when its run is over. */
export function runIsOver(): Error {
  return makeCallError(RUN_OVER);
}

const RUN_OVER: HostCallFailure = {
  code: 'ERR_PERMISSION_DENIED',
  message: 'the run is over: its context is revoked',
  hint: 'await every host call before the handler returns',
  details: { reason: 'run-over' },
};
