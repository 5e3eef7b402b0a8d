import type { DirectOrder, GuestPhase, PluginError, SandboxOutcome } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import type { Deadline, Deadlines } from '../wire/deadlines.js';
import { createGuestContext } from '../wire/guest-context.js';
import type { GuestContext } from '../wire/guest-context.js';
import { describeFailure, runSealed } from '../wire/guest-run.js';
import type { GuestVerdict } from '../wire/guest-run.js';
import { inputError, outcomeOf } from '../wire/outcome.js';
import { placeClosed } from '../wire/place-closed.js';
import { timeout } from '../wire/run-time.js';
import { runIsOver } from '../wire/served-run.js';
import { within } from '../wire/waiting.js';
import { copyValue } from './copy-value.js';
import type { CopiedValue } from './copy-value.js';
import { carryFailure } from './direct-failure.js';
import { failedWith, tainted, usageOf } from './direct-outcome.js';
import { createDirectPort } from './direct-port.js';
import type { DirectPort } from './direct-port.js';
import type { HandlerFunction, KnownHandlers } from './known-handlers.js';
import { sealOutput, sealWith } from './seal-output.js';
import type { Shapes } from './shapes.js';
import type { TaintAlarm, WatchedRun } from './taint-alarm.js';

/** What all runs in this process share. */
export interface DirectSurroundings {
  readonly handlers: KnownHandlers;
  readonly shapes: Shapes;
  readonly deadlines: Deadlines;
  readonly alarm: TaintAlarm;
}

/** One run without a channel: guest and host are two sides of function calls, and what passes between them is copied as the wire would. */
export interface DirectRun {
  /** Settles when the run is over. Once. Rejects only where a handler has changed the process so that nothing can be told of the run. */
  start(): Promise<SandboxOutcome>;
  /** Ends it at once, where it is not over. What the handler goes on doing cannot be stopped. */
  drop(): void;
}

/** Makes a run. */
export function createDirectRun(order: DirectOrder, surroundings: DirectSurroundings): DirectRun {
  return new Run(order, surroundings);
}

type Verdict = GuestVerdict<CopiedValue>;

class Run implements DirectRun {
  readonly #order: DirectOrder;
  readonly #surroundings: DirectSurroundings;
  readonly #stop = new AbortController();
  readonly #port: DirectPort;
  readonly #context: GuestContext;
  #watched: WatchedRun | undefined;
  #resolve: ((outcome: SandboxOutcome) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** It is known how the run ends; what comes later changes nothing. */
  #isDecided = false;
  #handlerEnded: (() => void) | 'yes' | undefined;
  #timer: Deadline | undefined;
  #unread: NodeJS.Immediate | undefined;
  #unlisten: (() => void) | undefined;

  constructor(order: DirectOrder, surroundings: DirectSurroundings) {
    const { task, limits, host } = order;
    this.#order = order;
    this.#surroundings = surroundings;
    this.#port = createDirectPort({ host, limits, onBroken: (error) => this.#fail(error) });
    const { signal } = this.#stop;
    this.#context = createGuestContext(this.#port, { api: task.api, env: task.env, signal });
  }

  start(): Promise<SandboxOutcome> {
    const { alarm, shapes } = this.#surroundings;
    const watched = alarm.enter();
    this.#watched = watched;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      let input: unknown;
      try {
        input = copyValue(this.#order.input, { shapes, isMeasured: false, name: 'input' }).value;
      } catch (error) {
        this.#isDecided = true;
        return this.#settle(this.#failed(inputError(error)));
      }
      this.#watch(watched.since);
      void this.#lead(input);
    });
  }

  drop(): void {
    if (!this.#isDecided) this.#fail(placeClosed());
  }

  #fail(error: PluginError): void {
    if (!this.#decide()) return;
    this.#close(runIsOver);
    this.#port.end();
    this.#settle(this.#failed(error));
  }

  async #lead(input: unknown): Promise<void> {
    // No handler is called before whoever asked for the run has gone on; what has been ended by then is not called at all.
    await undefined;
    if (this.#isDecided) return this.#endHandler();
    const { task, limits } = this.#order;
    const { handlers, shapes } = this.#surroundings;
    const handler = handlers.recall(task);
    let verdict: Verdict;
    if (handler === undefined) verdict = await this.#loadAndCall(input);
    else {
      // Here and not in a function of its own, which would be one promise more to wait for.
      let phase: GuestPhase = 'handler';
      try {
        const output = await apply(handler, undefined, [input, this.#context.ctx]);
        phase = 'output';
        verdict = sealOutput(output, { shapes, maxResultBytes: limits.maxResultBytes });
      } catch (error) {
        verdict = describeFailure(error, phase, task.plugin.root);
      }
    }
    this.#endHandler();
    const endedAt = performance.now();
    // No timer rings while a handler holds the thread, and so long its call cannot be ended; but it is late all the same.
    if (this.#isLate(endedAt)) return await this.#abort(this.#timeout(endedAt));
    if (!this.#decide()) return;
    this.#close(runIsOver);
    if (this.#context.hasCleanups()) return await this.#cleanUp(verdict);
    this.#finish(verdict, NOTHING, endedAt);
  }

  #loadAndCall(input: unknown): Promise<Verdict> {
    const { handlers, shapes } = this.#surroundings;
    const { task, limits } = this.#order;
    const { handler, inputSchema, outputSchema, outputParts, plugin } = task;
    const { maxResultBytes } = limits;
    const { root } = plugin;
    const whole = { handler, inputSchema, outputSchema, outputParts, input, root, maxResultBytes };
    return runSealed(whole, this.#context, { load: handlers.load, seal: sealWith(shapes) });
  }

  #endHandler(): void {
    if (typeof this.#handlerEnded === 'function') this.#handlerEnded();
    this.#handlerEnded = 'yes';
  }

  async #cleanUp(verdict: Verdict): Promise<void> {
    const { graceMs } = this.#order.limits;
    const isClean = await within(
      graceMs,
      this.#context.cleanUp().then(() => true),
    );
    this.#finish(verdict, isClean === undefined ? ['did not leave within graceMs'] : NOTHING);
  }

  #finish(verdict: Verdict, leaked: readonly string[], now?: number): void {
    const { limits } = this.#order;
    this.#port.end();
    const usage = usageOf(this.#port, verdict.ok ? verdict.value.bytes : 0, leaked);
    if (verdict.ok) this.#settle({ ok: true, value: verdict.value.value, usage }, now);
    else this.#settle(outcomeOf({ result: carryFailure(verdict, limits), bytes: 0 }, { ...limits, usage }), now);
  }

  /** Ends the call: `ctx` is taken away, and the handler has half of the grace to end by itself; its cleanups have the other half. */
  async #abort(error: PluginError): Promise<void> {
    if (!this.#decide()) return;
    const { graceMs } = this.#order.limits;
    const reason = Object.assign(new Error(error.message), { name: 'AbortError', code: error.code });
    this.#close(() => reason);
    this.#stop.abort(reason);
    await within(graceMs, this.#leave(graceMs));
    this.#port.end();
    this.#settle(this.#failed(error));
  }

  async #leave(graceMs: number): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#handlerEnded === 'yes') resolve();
      else this.#handlerEnded = resolve;
    });
    await within(graceMs / 2, ended);
    await this.#context.cleanUp();
  }

  #watch(since: number): void {
    const { limits, line } = this.#order;
    const ring = (): void => {
      // What came in by now is read first: it may be what the handler has waited for to end.
      this.#unread = setImmediate(() => void this.#abort(this.#timeout(performance.now())));
    };
    this.#timer = this.#surroundings.deadlines.arm(limits.timeoutMs, ring, since);
    const abort = (): void => void this.#abort(abortError(line));
    // In this turn at the earliest.
    if (line.aborted) queueMicrotask(abort);
    else this.#unlisten = line.onAbort(abort);
  }

  #isLate(now: number): boolean {
    return this.#timer !== undefined && now - this.#timer.since > this.#order.limits.timeoutMs;
  }

  #timeout(now: number): PluginError {
    return timeout(Math.round(now - (this.#timer?.since ?? now)), this.#order.limits.timeoutMs);
  }

  #decide(): boolean {
    if (this.#isDecided) return false;
    this.#isDecided = true;
    this.#timer?.clear();
    this.#unlisten?.();
    if (this.#unread !== undefined) clearImmediate(this.#unread);
    this.#timer = undefined;
    this.#unlisten = undefined;
    return true;
  }

  #close(reason: () => Error): void {
    this.#context.end();
    this.#port.close(reason);
  }

  #failed(error: PluginError): SandboxOutcome {
    return failedWith(error, usageOf(this.#port, 0, NOTHING));
  }

  /** The last step of each run: tells what it has changed in the process. */
  #settle(outcome: SandboxOutcome, now?: number): void {
    const watched = this.#watched;
    this.#watched = undefined;
    if (watched === undefined) return;
    try {
      const changed = this.#surroundings.alarm.leave(watched, now);
      this.#resolve?.(changed === '' ? outcome : tainted(outcome, changed, this.#order.host()));
    } catch (error) {
      // What a look and its warning take may be what the handler has changed.
      this.#reject?.(error);
    }
  }
}

const { apply }: { apply: (work: HandlerFunction, self: undefined, args: readonly unknown[]) => unknown } = Reflect;
const NOTHING: readonly string[] = Object.freeze([]);
