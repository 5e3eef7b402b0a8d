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
import { createLazyAbort } from './lazy-abort.js';
import type { LazyAbort } from './lazy-abort.js';
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
  return new Served(message, guest, early);
}

class Served implements ServedRun {
  readonly ctx: HandlerContext;
  readonly output: GuestOutput;
  readonly #order: RunOrder;
  readonly #guest: GuestSurroundings;
  readonly #parts: RunContext;
  readonly #handlerEnd = createSettled<void>();
  /** It has said its last word. */
  #isOver = false;
  /** Its verdict has been said. */
  #isConcluded = false;
  #isEnding = false;
  #hasEnded = false;
  /** Nothing was thrown that nobody caught. */
  #isSound = true;

  constructor(order: RunOrder, guest: GuestSurroundings, early: EarlyOutput) {
    this.#order = order;
    this.#guest = guest;
    this.#parts = openContext(order, guest, { early, isOver: () => this.#isOver });
    this.ctx = this.#parts.context.ctx;
    this.output = early.output;
  }

  async serve(): Promise<void> {
    const { root, limits } = this.#guest.realm;
    const task = { ...this.#order, root, maxResultBytes: limits.maxResultBytes };
    const verdict = await runInGuest(task, this.#parts.context, this.#guest.load);
    this.#hasEnded = true;
    this.#handlerEnd.settle();
    if (this.#endAtOnce(verdict)) return;
    this.#conclude(verdict);
    await this.#end();
  }

  settle(reply: HostReply): void {
    this.#parts.calls.settle(reply);
  }

  abort(error: Error): void {
    const { context, calls, stop } = this.#parts;
    context.end();
    calls.close(() => error);
    stop.abort(error);
    void this.#end();
  }

  fail(thrown: unknown): void {
    this.#isSound = false;
    this.#conclude(describeFailure(thrown, 'handler', this.#guest.realm.root));
    void this.#end();
  }

  #conclude(verdict: GuestVerdict): void {
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    const isLastButOne = this.#hasEnded && !this.#parts.context.hasCleanups();
    sendVerdict(encodeVerdict(this.#order.run, verdict, false), this.#guest, isLastButOne);
  }

  /** Says the verdict, and that all is over, in one word, where nothing is to be waited for and nothing is left. */
  #endAtOnce(verdict: GuestVerdict): boolean {
    if (this.#isConcluded || this.#isEnding || this.#parts.context.hasCleanups()) return false;
    if (!this.#isSound || this.#guest.leftOpen().length > 0) return false;
    this.#isConcluded = true;
    this.#close();
    sendLastVerdict(encodeVerdict(this.#order.run, verdict, true), this.#guest);
    this.#isOver = true;
    return true;
  }

  #close(): void {
    this.#isEnding = true;
    this.#parts.context.end();
    this.#parts.calls.close(runIsOver);
  }

  async #end(): Promise<void> {
    if (this.#isEnding) return;
    const { leftOpen, sender, realm } = this.#guest;
    const { context } = this.#parts;
    const leaked = leftOpen();
    this.#close();
    // A handler that was aborted has half of the grace to end by itself; its cleanups have the other half.
    if (!this.#hasEnded) await within(realm.limits.graceMs / 2, this.#handlerEnd.promise);
    if (context.hasCleanups()) await context.cleanUp();
    const reusable = this.#isSound && this.#hasEnded && leftOpen().length === 0;
    sender.send(encodeGuestWord(this.#order.run, { t: 'done', leaked, reusable }));
    this.#isOver = true;
  }
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

/** Runs that are over in one turn are told of in one piece. */
function sendLastVerdict(verdict: EncodedValue, { sender, isAlone }: GuestSurroundings): void {
  if (!isAlone()) sender.hold(verdict);
  else if (isLarge(verdict)) sender.lend(verdict);
  else sender.send(verdict);
}

type RunOrder = Extract<HostMessage, { t: 'run' }>;

interface RunContext {
  readonly calls: CallTable;
  readonly context: GuestContext;
  readonly stop: LazyAbort;
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
  const stop = createLazyAbort();
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
