import { createError } from '@kb-labs/contracts';
import type { ExecuteResult, PluginRegistry } from '@kb-labs/contracts';
import { createPluginContext } from './context.js';
import type { PluginContext } from './context.js';
import type { PluginContextOptions } from './context-options.js';
import type { Engine } from './engine.js';
import { lead } from './execute.js';
import { jobOf } from './request.js';
import type { ExecuteRequest } from './request.js';

/** Holds what lives longer than one execution: adapters with their children, the queue, the log. */
export interface Runtime extends AsyncDisposable {
  /** Form 1. Resolves with `ok: false` for all that a plugin does wrong; rejects where the host misuses it. */
  execute<Output = unknown>(
    handler: string,
    input: unknown,
    context: PluginContext,
    manifest?: unknown,
  ): Promise<ExecuteResult<Output>>;
  /** Form 2. The registry finds the plugin that the request names. */
  execute<Output = unknown>(
    request: ExecuteRequest<Output>,
    context: PluginContext,
    registry?: PluginRegistry,
  ): Promise<ExecuteResult<Output>>;
  /** As `createPluginContext`, with this runtime's sandbox, confinement and store where the options name none. */
  createContext(options: PluginContextOptions): PluginContext;
}

/** What a runtime is made of, and what it closes at its end. */
export interface RuntimeParts {
  readonly engine: Engine;
  readonly contextDefaults: Pick<PluginContextOptions, 'sandbox' | 'requiredConfinement' | 'artifactStore'>;
  /** Aborts `engine.closing`. */
  readonly abort: (reason: Error) => void;
  readonly closeAdapters: () => Promise<void>;
}

/** The runtime over an engine. Disposing ends all executions (`ERR_ABORTED`), waits for them, then closes the adapters. */
export class EngineRuntime implements Runtime {
  readonly #parts: RuntimeParts;
  readonly #live = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
  }

  execute<Output = unknown>(
    handler: string,
    input: unknown,
    context: PluginContext,
    manifest?: unknown,
  ): Promise<ExecuteResult<Output>>;
  execute<Output = unknown>(
    request: ExecuteRequest<Output>,
    context: PluginContext,
    registry?: PluginRegistry,
  ): Promise<ExecuteResult<Output>>;
  execute(...args: readonly unknown[]): Promise<ExecuteResult> {
    return this.run(args);
  }

  /** Both forms, with arguments that nobody has looked at yet. */
  async run(args: readonly unknown[]): Promise<ExecuteResult> {
    const job = jobOf(args);
    if (this.#closed !== undefined) {
      throw createError('ERR_CONFIG_INVALID', 'The runtime has been disposed', {
        hint: 'Make a new one with createRuntime.',
      });
    }
    const execution = lead(job, this.#parts.engine);
    this.#live.add(execution);
    try {
      return await execution;
    } finally {
      this.#live.delete(execution);
    }
  }

  createContext(options: PluginContextOptions): PluginContext {
    return createPluginContext({ ...this.#parts.contextDefaults, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#parts.abort(new Error('the runtime was disposed'));
    await Promise.allSettled(this.#live);
    await this.#parts.closeAdapters();
  }
}
