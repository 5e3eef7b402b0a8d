import type { Spawner } from '../spawner/spawner-process.js';
import type { ChildCommand } from './child-command.js';
import { startDirectly } from './start-directly.js';
import type { ProcessStart, StartProcess } from './started-process.js';

/** How guests of one adapter are started. */
export interface ChosenStart extends AsyncDisposable {
  readonly start: StartProcess;
}

/** What a fork holds up the host for: its page tables are copied, some 20 ms for each GB. Below this, asking another process takes as long. */
const LARGE_HOST_BYTES = 256 * 1_048_576;
/** Between two looks at the size of this process, which take a tenth of a millisecond each. */
const LOOK_EVERY_MS = 250;
/** A spawner is replaced so often. After that something here ends spawners. */
const MOST_LOST = 3;

/** Who starts guests, and how long a spawner is kept that nobody needs. */
export interface StartOptions {
  readonly spawner: 'auto' | 'always' | 'never';
  readonly idleMs: number;
}

/**
 * Starts guests from this process, or from a spawner beside it: `auto` where this process is so large that forking holds it up, on Linux. The spawner is
 * started when it is first needed. One that is lost is replaced, or done without, with a process warning (`KB_SPAWNER_LOST`).
 */
export function chooseStart(options: StartOptions): ChosenStart {
  return new Choice(options);
}

class Choice implements ChosenStart {
  readonly #options: StartOptions;
  #opened: Promise<Spawner | undefined> | undefined;
  readonly #lost = new Set<Spawner>();
  readonly #unmet = new WeakSet<Spawner>();
  readonly #closing = new Set<Promise<void>>();
  /** Starts that are under way, and guests that live. */
  #users = 0;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;
  #size: { readonly isLarge: boolean; readonly seenAt: number } | undefined;

  constructor(options: StartOptions) {
    this.#options = options;
  }

  readonly start: StartProcess = async (command, cwd) => {
    this.#users += 1;
    clearTimeout(this.#idle);
    const started = await this.#start(command, cwd);
    if ('error' in started) this.#leave();
    else void started.exit.then(() => this.#leave());
    return started;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#close();
    await Promise.all(this.#closing);
  }

  async #start(command: ChildCommand, cwd: string): Promise<ProcessStart> {
    const spawner = await this.#findSpawner();
    const started = await spawner?.start(command, cwd);
    if (started !== undefined) return started;
    if (spawner?.isAlive === true) this.#noteUnmet(spawner);
    else this.#noteLoss(spawner);
    return startDirectly(command, cwd);
  }

  /** A spawner without guests is an idle process like any other. */
  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0 || this.#opened === undefined) return;
    this.#idle = setTimeout(() => this.#close(), this.#options.idleMs).unref();
  }

  /** Ends the spawner that there is. The next start that needs one opens another. */
  #close(): void {
    clearTimeout(this.#idle);
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const closing = close(opened).then(() => void this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #findSpawner(): Promise<Spawner | undefined> {
    if (this.#opened === undefined && !this.#pays()) return undefined;
    this.#opened ??= openSpawner().catch((error: unknown) => this.#giveUp(error));
    const opened = this.#opened;
    const spawner = await opened;
    if (spawner === undefined || spawner.isAlive) return spawner;
    this.#noteLoss(spawner);
    return await this.#findSpawner();
  }

  #pays(): boolean {
    if (this.#isClosed || this.#lost.size >= MOST_LOST || process.platform === 'win32') return false;
    const { spawner } = this.#options;
    if (spawner !== 'auto') return spawner === 'always';
    return process.platform === 'linux' && this.#isLarge();
  }

  #isLarge(): boolean {
    const seenAt = performance.now();
    if (this.#size === undefined || seenAt - this.#size.seenAt >= LOOK_EVERY_MS)
      this.#size = { isLarge: process.memoryUsage.rss() >= LARGE_HOST_BYTES, seenAt };
    return this.#size.isLarge;
  }

  /** Once for each, whoever notices first. */
  #noteLoss(spawner: Spawner | undefined): void {
    if (spawner === undefined || this.#lost.has(spawner)) return;
    this.#lost.add(spawner);
    // What is left of it is its folder: a start does not wait for that.
    this.#close();
    warn(
      this.#lost.size < MOST_LOST
        ? 'a spawner has ended by itself, and the guests that it had started with it; another one takes its place'
        : `${this.#lost.size} spawners have ended by themselves: guests are started without one from now on`,
    );
  }

  /** It lives, and so do its guests, but the folder is gone in which it met this process. Once it has no guests it is replaced. */
  #noteUnmet(spawner: Spawner): void {
    if (this.#unmet.has(spawner)) return;
    this.#unmet.add(spawner);
    warn('a spawner cannot connect to its host any more, and guests are started without it');
  }

  #giveUp(error: unknown): undefined {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    warn(`there is no spawner, and guests are started without one: ${reason}`);
    return undefined;
  }
}

/** Loaded where it is needed: most hosts are small. */
async function openSpawner(): Promise<Spawner> {
  const spawner = await import('../spawner/spawner-process.js');
  return await spawner.openSpawner();
}

async function close(opened: Promise<Spawner | undefined>): Promise<void> {
  try {
    await (await opened)?.[Symbol.asyncDispose]();
  } catch {
    // Its folder cannot be removed, and stays behind, empty.
  }
}

function warn(message: string): void {
  process.emitWarning(message, { code: 'KB_SPAWNER_LOST' });
}
