import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxHost, SandboxLimits } from '@kb-labs/contracts';
import { createGuestOutput } from '../wire/guest-output.js';
import type { GuestOutput } from '../wire/guest-output.js';
import type { GuestPort } from '../wire/guest-port.js';
import type { OutputMessage } from '../wire/messages.js';
import { createOutputGate } from '../wire/output-gate.js';
import type { OutputGate } from '../wire/output-gate.js';
import { createDirectCalls } from './direct-calls.js';
import type { DirectCalls } from './direct-calls.js';

/** The port of a run in this process. What a handler does not use is not made. */
export interface DirectPort extends GuestPort {
  /** Calls fail with what `reason` makes, open ones and later ones. The first reason counts. */
  close(reason: () => Error): void;
  /** Nothing passes any more. */
  end(): void;
  readonly outputBytes: number;
}

export interface DirectPortOptions {
  /** Made for the first who asks. */
  readonly host: () => SandboxHost;
  readonly limits: SandboxLimits;
  /** The run must be ended. */
  readonly onBroken: (error: PluginError) => void;
}

/** Makes it. Words arrive in their order, each in a microtask of its own, as calls do. */
export function createDirectPort(options: DirectPortOptions): DirectPort {
  return new Port(options);
}

class Port implements DirectPort {
  readonly #options: DirectPortOptions;
  #calls: DirectCalls | undefined;
  #gate: OutputGate | undefined;
  #output: GuestOutput | undefined;
  #closed: (() => Error) | undefined;
  #isOver = false;

  constructor(options: DirectPortOptions) {
    this.#options = options;
  }

  get outputBytes(): number {
    return this.#gate?.bytes() ?? 0;
  }

  async call(name: string, args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#calls === undefined && this.#closed !== undefined) throw this.#closed();
    this.#calls ??= this.#openCalls();
    return await this.#calls.call(name, args, signal);
  }

  log(...[level, text, fields]: Parameters<GuestPort['log']>): void {
    this.#openOutput().log({ level, source: 'log', text, fields });
  }

  progress(message: string, fraction: number | undefined): void {
    this.#openOutput().progress(message, fraction);
  }

  track(name: string, attributes: unknown): void {
    this.#openOutput().track(name, attributes);
  }

  close(reason: () => Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#calls?.close(reason);
  }

  end(): void {
    this.#isOver = true;
  }

  #openCalls(): DirectCalls {
    const { host, limits, onBroken } = this.#options;
    return createDirectCalls({ host: host(), limits, onBroken });
  }

  #openOutput(): GuestOutput {
    const { maxOutputBytes } = this.#options.limits;
    this.#output ??= createGuestOutput(maxOutputBytes, (word) => {
      if (!this.#isOver) queueMicrotask(() => this.#hear(word));
    });
    return this.#output;
  }

  #hear(word: OutputMessage): void {
    if (this.#isOver) return;
    const gate = this.#openGate();
    try {
      if (word.t === 'log') gate.log(word);
      else if (word.t === 'progress') gate.progress(word.message, word.fraction);
      else gate.track(word);
    } catch (cause) {
      this.#options.onBroken(createError('ERR_PROTOCOL', 'the guest said what no guest may say', { cause }));
    }
  }

  #openGate(): OutputGate {
    if (this.#gate !== undefined) return this.#gate;
    const { host, limits } = this.#options;
    this.#gate = createOutputGate(limits.maxOutputBytes, (used) => this.#options.onBroken(flood(used, limits)));
    this.#gate.serve(host());
    return this.#gate;
  }
}

function flood(used: number, { maxOutputBytes: limit }: SandboxLimits): PluginError {
  return createError('ERR_OUTPUT_EXCEEDED', `the guest went on writing after ${limit} bytes of output`, {
    details: { quota: 'maxOutputBytes', used, limit },
    hint: 'write less, or raise quotas.maxOutputBytes in the grant, and in the manifest where there is one',
  });
}
