import type { DirectSandbox, SandboxAdapter } from '@kb-labs/contracts';
import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import type { SandboxChoice } from '../shared-options.js';

/** Makes each embedded adapter when it is first asked for, and closes those together with the one that the host gave away. */
export class EmbeddedAdapters {
  readonly #fallback: SandboxChoice;
  readonly #made = new Map<string, SandboxAdapter>();
  #inProcess: DirectSandbox | undefined;

  constructor(fallback: SandboxChoice) {
    this.#fallback = fallback;
  }

  find(choice: SandboxChoice = this.#fallback): SandboxAdapter {
    if (typeof choice !== 'string') return choice;
    const known = this.#made.get(choice);
    if (known !== undefined) return known;
    const adapter = choice === 'fork' ? forkSandbox() : this.#makeInProcess();
    this.#made.set(choice, adapter);
    return adapter;
  }

  /** Whether a choice is a sandbox in which a module that was loaded once is the one that runs, whatever becomes of its file. */
  loadsOnce(choice: SandboxChoice = this.#fallback): boolean {
    return choice === 'in-process';
  }

  /** The sandbox of this process, where it is the choice and has been made; an adapter of the host's own is asked for a place, whatever it is. */
  inProcess(choice: SandboxChoice = this.#fallback): DirectSandbox | undefined {
    return choice === 'in-process' ? this.#inProcess : undefined;
  }

  #makeInProcess(): SandboxAdapter {
    const sandbox = inProcessSandbox();
    this.#inProcess = sandbox;
    return sandbox;
  }

  async close(): Promise<void> {
    const owned = typeof this.#fallback === 'string' ? [] : [this.#fallback];
    const ends = [...owned, ...this.#made.values()].map(async (adapter) => adapter[Symbol.asyncDispose]());
    await Promise.allSettled(ends);
    await Promise.all(ends);
  }
}
