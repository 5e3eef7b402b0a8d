import { abortLineOf } from '@kb-labs/contracts';
import type { PluginError, SandboxCall, SandboxHost, SandboxOutcome, SandboxPlan } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import type { Deadline, Deadlines } from '../wire/deadlines.js';
import { createGuestContext } from '../wire/guest-context.js';
import type { GuestContext } from '../wire/guest-context.js';
import { runSealed } from '../wire/guest-run.js';
import type { GuestVerdict, ModuleLoader, OutputSeal } from '../wire/guest-run.js';
import { inputError, outcomeOf } from '../wire/outcome.js';
import { placeClosed } from '../wire/place-closed.js';
import { timeout } from '../wire/run-time.js';
import { runIsOver } from '../wire/served-run.js';
import { within } from '../wire/waiting.js';
import { copyValue } from './copy-value.js';
import type { CopiedValue } from './copy-value.js';
import { carryFailure } from './direct-failure.js';
import { createDirectPort } from './direct-port.js';
import type { DirectPort } from './direct-port.js';
import type { Shapes } from './shapes.js';

/** What all runs in this process share. */
export interface DirectSurroundings {
  readonly load: ModuleLoader;
  readonly shapes: Shapes;
  readonly deadlines: Deadlines;
}

/** What is to run, and who answers it. */
export interface DirectOrder {
  readonly plan: SandboxPlan;
  readonly call: SandboxCall;
  readonly host: SandboxHost;
}

/** One run without a channel: guest and host are two sides of function calls, and what passes between them is copied as the wire would. */
export interface DirectRun {
  /** Settles when the run is over. Never rejects. Once. */
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
  #settle: (outcome: SandboxOutcome) => void = () => undefined;
  /** It is known how the run ends; what comes later changes nothing. */
  #isDecided = false;
  #handlerEnded: (() => void) | 'yes' | undefined;
  #timer: Deadline | undefined;
  #unread: NodeJS.Immediate | undefined;
  #unlisten: (() => void) | undefined;

  constructor(order: DirectOrder, surroundings: DirectSurroundings) {
    const { plan, call, host } = order;
    this.#order = order;
    this.#surroundings = surroundings;
    this.#port = createDirectPort({ host, limits: plan.limits, onBroken: (error) => this.#fail(error) });
    const { signal } = this.#stop;
    this.#context = createGuestContext(this.#port, { api: call.api, env: plan.env, signal });
  }

  start(): Promise<SandboxOutcome> {
    let input: unknown;
    try {
      const { shapes } = this.#surroundings;
      input = copyValue(this.#order.call.input, { shapes, isMeasured: false, name: 'input' }).value;
    } catch (error) {
      return Promise.resolve(this.#failed(inputError(error)));
    }
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#watch();
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
    const { call, plan } = this.#order;
    const { shapes, load } = this.#surroundings;
    const { handler, inputSchema, outputSchema, outputParts } = call;
    const { root } = plan.plugin;
    const { maxResultBytes } = plan.limits;
    const task = { handler, inputSchema, outputSchema, outputParts, input, root, maxResultBytes };
    const verdict = await runSealed(task, this.#context, { load, seal: sealWith(shapes) });
    this.#endHandler();
    if (this.#decide()) await this.#finish(verdict);
  }

  #endHandler(): void {
    if (typeof this.#handlerEnded === 'function') this.#handlerEnded();
    this.#handlerEnded = 'yes';
  }

  async #finish(verdict: Verdict): Promise<void> {
    const { limits } = this.#order.plan;
    this.#close(runIsOver);
    let leaked: readonly string[] = NOTHING;
    if (this.#context.hasCleanups()) {
      const isClean = await within(
        limits.graceMs,
        this.#context.cleanUp().then(() => true),
      );
      if (isClean === undefined) leaked = ['did not leave within graceMs'];
    }
    this.#port.end();
    const resultBytes = verdict.ok ? verdict.value.bytes : 0;
    const usage = { ...NO_USAGE, outputBytes: this.#port.outputBytes, resultBytes, leaked };
    if (verdict.ok) this.#settle({ ok: true, value: verdict.value.value, usage });
    else this.#settle(outcomeOf({ result: carryFailure(verdict, limits), bytes: 0 }, { ...limits, usage }));
  }

  /** Ends the call: `ctx` is taken away, and the handler has half of the grace to end by itself; its cleanups have the other half. */
  async #abort(error: PluginError): Promise<void> {
    if (!this.#decide()) return;
    const { graceMs } = this.#order.plan.limits;
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

  #watch(): void {
    const { call, plan } = this.#order;
    const { timeoutMs } = plan.limits;
    const timer = this.#surroundings.deadlines.arm(timeoutMs, () => {
      // What came in by now is read first: a host that stood still finds answers that came in time beside late timers.
      const ring = (): void => void this.#abort(timeout(Math.round(performance.now() - timer.since), timeoutMs));
      this.#unread = setImmediate(ring);
    });
    this.#timer = timer;
    this.#unlisten = onAbort(call, () => void this.#abort(abortError(call.signal)));
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
    const usage = { ...NO_USAGE, outputBytes: this.#port.outputBytes };
    return { ok: false, error, guestError: undefined, phase: 'handler', usage };
  }
}

const NOTHING: readonly string[] = Object.freeze([]);
const NO_USAGE = { cpuMs: undefined, peakMemoryBytes: undefined, outputBytes: 0, resultBytes: 0, leaked: NOTHING };

function sealWith(shapes: Shapes): OutputSeal<CopiedValue> {
  return {
    close(output) {
      const value = copyValue(output, { shapes, isMeasured: true, name: undefined });
      return { value, bytes: value.bytes };
    },
    copy: ({ value }) => copyValue(value, { shapes, isMeasured: false, name: undefined }).value,
  };
}

/** Calls back once when the caller aborts, in this turn at the earliest. Returns what ends that. */
function onAbort(call: SandboxCall, abort: () => void): () => void {
  const line = abortLineOf(call);
  if (line?.aborted ?? call.signal.aborted) {
    queueMicrotask(abort);
    return () => undefined;
  }
  if (line !== undefined) return line.onAbort(abort);
  call.signal.addEventListener('abort', abort, { once: true });
  return () => call.signal.removeEventListener('abort', abort);
}
