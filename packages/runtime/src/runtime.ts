import { createError } from '@kb-labs/contracts';
import type { ExecuteResult } from '@kb-labs/contracts';
import { createPluginContext, settingsOf } from './context.js';
import type { PluginContext } from './context.js';
import type { PluginContextOptions } from './context-options.js';
import type { CrashLoops } from './crash-loops.js';
import type { Engine } from './engine.js';
import { bothForms } from './execute-call.js';
import type { Execute } from './execute-call.js';
import { lead } from './execute.js';
import { jobOf } from './request.js';
import type { Job } from './request.js';
import { assertIsolationFits } from './shared-options.js';
import type { RunPlace } from './shared-options.js';
import { leadStraight } from './straight-way.js';

/** Holds what lives longer than one execution: the sandbox adapters, the queue, the log. */
export interface Runtime extends AsyncDisposable {
  readonly execute: Execute;
  /** Handlers that keep crashing, and what ends their wait. */
  readonly crashLoops: CrashLoops;
  /**
   * As `createPluginContext`. What the options leave open is for the runtime that the context is handed to. With `isolation: 'plugin'` and `sandbox:
   * 'in-process'` it throws `ERR_CONFIG_INVALID`, also where one of them is this runtime's: a context for another runtime is made there, or without one.
   */
  createContext(options: PluginContextOptions): PluginContext;
}

/** What a runtime is made of, and what it closes at its end. */
export interface RuntimeParts {
  readonly engine: Engine;
  /** For contexts that name none. */
  readonly defaultPlace: RunPlace;
  /** Aborts `engine.closing`. */
  readonly abort: (reason: Error) => void;
  readonly closeParts: () => Promise<void>;
}

/** The runtime over an engine. Disposing ends all executions (`ERR_ABORTED`), waits for them, then closes the adapters. */
export class EngineRuntime implements Runtime {
  readonly execute: Execute = bothForms((args) => this.run(args));
  readonly crashLoops: CrashLoops;
  readonly #parts: RuntimeParts;
  #closed: Promise<void> | undefined;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    const { crashWatch } = parts.engine;
    this.crashLoops = Object.freeze({ list: () => crashWatch.list(), reset: (id?: string) => crashWatch.reset(id) });
  }

  /** Both forms, with arguments that nobody has looked at yet. */
  run(args: readonly unknown[]): Promise<ExecuteResult> {
    const { engine } = this.#parts;
    let job: Job;
    try {
      job = jobOf(args, engine);
      if (this.#closed !== undefined) throw disposed();
    } catch (error) {
      return Promise.reject(error);
    }
    const known = engine.knownRuns.find(job);
    engine.underWay.begin();
    // Whichever way it goes ends it as well, and never rejects.
    return known === undefined ? leadCounted(job, engine) : leadStraight(job, engine, known);
  }

  createContext(options: PluginContextOptions): PluginContext {
    const context = createPluginContext(options);
    assertIsolationFits(settingsOf(context), this.#parts.defaultPlace);
    return context;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#parts.abort(new Error('the runtime was disposed'));
    await this.#parts.engine.underWay.none();
    await this.#parts.closeParts();
  }
}

async function leadCounted(job: Job, engine: Engine): Promise<ExecuteResult> {
  try {
    return await lead(job, engine);
  } finally {
    engine.underWay.end();
  }
}

function disposed(): Error {
  return createError('ERR_CONFIG_INVALID', 'the runtime has been disposed', {
    hint: 'make a new one with createRuntime',
  });
}
