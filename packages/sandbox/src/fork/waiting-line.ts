import { createError } from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';

/** One that waits for a process. */
interface LineWish {
  readonly pluginId: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Runs that wait for a process: first come, first served within a plugin, and plugins take turns. */
export interface WaitingLine {
  /**
   * Resolves when it is this one's turn. Throws `ERR_QUOTA_EXCEEDED` at once where the line is full, `ERR_QUEUE_TIMEOUT` and
   * `ERR_ABORTED`.
   */
  wait(wish: LineWish): Promise<void>;
  /** Lets the next one go; `false` where nobody waits. */
  admitNext(): boolean;
  readonly length: number;
}

/** Makes it. `maxQueued` is a bound over all plugins: with a full line, the plugin that has most in it loses its last place to one that has less. */
export function createWaitingLine(maxQueued: number): WaitingLine {
  return new Line(maxQueued);
}

interface Waiter {
  readonly pluginId: string;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

class Line implements WaitingLine {
  readonly #maxQueued: number;
  /** The order of the map is the order of the turns: who was let go comes last. */
  readonly #waiting = new Map<string, Waiter[]>();
  #length = 0;

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  get length(): number {
    return this.#length;
  }

  async wait({ pluginId, limitMs, signal }: LineWish): Promise<void> {
    if (signal.aborted) throw abortError(signal);
    this.#makeRoom(pluginId);
    const since = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { pluginId, admit: resolve, refuse: reject };
    const onAbort = (): void => this.#refuse(waiter, abortError(signal));
    const onTimeout = (): void => this.#refuse(waiter, waitedTooLong(performance.now() - since, limitMs));
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(onTimeout, limitMs);
    const line = this.#waiting.get(pluginId);
    if (line === undefined) this.#waiting.set(pluginId, [waiter]);
    else line.push(waiter);
    this.#length += 1;
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  admitNext(): boolean {
    const [first] = this.#waiting;
    const [pluginId, line] = first ?? ['', []];
    const next = line.shift();
    if (next === undefined) return false;
    this.#waiting.delete(pluginId);
    if (line.length > 0) this.#waiting.set(pluginId, line);
    this.#length -= 1;
    next.admit();
    return true;
  }

  #makeRoom(pluginId: string): void {
    if (this.#length < this.#maxQueued) return;
    const own = this.#waiting.get(pluginId)?.length ?? 0;
    const longest = [...this.#waiting.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
    const last = longest.length > own + 1 ? longest.at(-1) : undefined;
    if (last === undefined) throw lineFull(this.#maxQueued);
    this.#refuse(last, lineFull(this.#maxQueued));
  }

  #refuse(waiter: Waiter, error: Error): void {
    const line = this.#waiting.get(waiter.pluginId) ?? [];
    const place = line.indexOf(waiter);
    if (place === -1) return;
    line.splice(place, 1);
    if (line.length === 0) this.#waiting.delete(waiter.pluginId);
    this.#length -= 1;
    waiter.refuse(error);
  }
}

function lineFull(limit: number): Error {
  return createError('ERR_QUOTA_EXCEEDED', `the queue is full: ${limit} runs wait for a process already`, {
    details: { quota: 'maxQueued', limit },
    hint: 'send fewer at a time, or raise maxQueued or maxChildren of forkSandbox',
  });
}

function waitedTooLong(elapsedMs: number, limitMs: number): Error {
  const elapsed = Math.round(elapsedMs);
  return createError('ERR_QUEUE_TIMEOUT', `the run waited ${elapsed} ms for a process, and may wait ${limitMs} ms`, {
    details: { elapsedMs: elapsed, limitMs },
    hint: 'raise maxChildren or queueTimeoutMs of forkSandbox, or send fewer at a time',
  });
}
