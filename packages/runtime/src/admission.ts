import { createError } from '@kb-labs/contracts';
import type { AbortLine, Clock } from '@kb-labs/contracts';
import { abortError, assertNotAborted } from './abort.js';

/** A wish to run. `maxConcurrency` and `queueTimeoutMs` are the plugin's own limits. */
export interface AdmissionRequest {
  readonly pluginId: string;
  readonly maxConcurrency: number;
  readonly queueTimeoutMs: number;
  /** Ends the wait. */
  readonly until: AbortLine;
}

/** Lets executions in, and keeps the others waiting in bounded queues. */
export interface Admission {
  /**
   * Lets in at once where there is room, or resolves when there is; dispose what it gives to make room again. First come, first served within a plugin, and plugins
   * take turns. Throws `ERR_QUEUE_TIMEOUT`, `ERR_ABORTED`, and `ERR_QUOTA_EXCEEDED` at once where the queue is full.
   */
  enter(request: AdmissionRequest): Disposable | Promise<Disposable>;
}

/** The limits of one runtime. */
export interface AdmissionOptions {
  /** Executions at the same time, over all plugins. */
  readonly maxConcurrency: number;
  /** Executions that wait, over all plugins. */
  readonly maxQueued: number;
  readonly clock: Clock;
}

/** Keeps one runtime's executions in line. When the queue is full, the plugin with the longest line loses its last place. */
export function createAdmission(options: AdmissionOptions): Admission {
  return new Lines(options);
}

interface Waiter {
  readonly request: AdmissionRequest;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

interface Line {
  readonly pluginId: string;
  running: number;
  readonly waiting: Waiter[];
  /** When it had its latest turn, counted in turns. */
  turn: number;
}

/** Lines that are kept though nobody is in them: a table whose entries come and go is made anew again and again. */
const MAX_LINES = 64;

class Lines implements Admission {
  readonly #options: AdmissionOptions;
  readonly #lines = new Map<string, Line>();
  #turns = 0;
  #running = 0;
  #queued = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  enter(request: AdmissionRequest): Disposable | Promise<Disposable> {
    assertNotAborted(request.until);
    const line = this.#lineOf(request.pluginId);
    const nobodyBefore = line.waiting.length === 0 && line.running < request.maxConcurrency;
    if (!nobodyBefore || this.#running >= this.#options.maxConcurrency) return this.#enterLater(request, line);
    this.#take(line);
    return new Slot(this, line);
  }

  async #enterLater(request: AdmissionRequest, line: Line): Promise<Disposable> {
    await this.#wait(request, line);
    return new Slot(this, line);
  }

  async #wait(request: AdmissionRequest, line: Line): Promise<void> {
    const since = this.#options.clock.monotonic();
    let leave = (_error: Error): void => {};
    const onAbort = (): void => leave(abortError(request.until));
    const onTimeout = (): void => leave(queueTimeout(request, this.#options.clock.monotonic() - since));
    const unlisten = request.until.onAbort(onAbort);
    const timer = setTimeout(onTimeout, request.queueTimeoutMs);
    timer.unref();
    try {
      this.#makeRoom(request, line);
      await new Promise<void>((admit, refuse) => {
        const waiter: Waiter = { request, admit, refuse };
        leave = (error) => this.#leave(line, waiter, error);
        line.waiting.push(waiter);
        this.#queued += 1;
      });
    } finally {
      clearTimeout(timer);
      unlisten();
      this.#forget(line);
    }
  }

  #leave(line: Line, waiter: Waiter, error: Error): void {
    const place = line.waiting.indexOf(waiter);
    if (place === -1) return;
    line.waiting.splice(place, 1);
    this.#queued -= 1;
    waiter.refuse(error);
    // The next in line may have a higher limit than the one that held it up.
    this.#admitNext();
  }

  #makeRoom(request: AdmissionRequest, own: Line): void {
    if (this.#queued < this.#options.maxQueued) return;
    const longest = [...this.#lines.values()].reduce((a, b) => (b.waiting.length > a.waiting.length ? b : a), own);
    const last = longest.waiting.length > own.waiting.length + 1 ? longest.waiting.at(-1) : undefined;
    if (last === undefined) throw queueFull(this.#options.maxQueued, request.pluginId);
    this.#leave(longest, last, queueFull(this.#options.maxQueued, longest.pluginId));
  }

  #admitNext(): void {
    while (this.#queued > 0 && this.#running < this.#options.maxConcurrency) {
      const line = this.#nextLine();
      const waiter = line?.waiting.shift();
      if (line === undefined || waiter === undefined) return;
      this.#queued -= 1;
      this.#take(line);
      waiter.admit();
    }
  }

  /** Of those that may go, the one whose turn is longest ago. */
  #nextLine(): Line | undefined {
    let next: Line | undefined;
    for (const line of this.#lines.values()) if (mayGo(line) && line.turn < (next?.turn ?? Infinity)) next = line;
    return next;
  }

  #lineOf(pluginId: string): Line {
    const known = this.#lines.get(pluginId);
    if (known !== undefined) return known;
    const line = { pluginId, running: 0, waiting: [], turn: this.#nextTurn() };
    this.#lines.set(pluginId, line);
    return line;
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  #take(line: Line): void {
    this.#running += 1;
    line.running += 1;
    line.turn = this.#nextTurn();
  }

  giveBack(line: Line): void {
    this.#running -= 1;
    line.running -= 1;
    this.#forget(line);
    this.#admitNext();
  }

  #forget(line: Line): void {
    if (line.running > 0 || line.waiting.length > 0) return;
    // Whoever has waited in it comes here late: by then the plugin may have another line.
    if (this.#lines.size > MAX_LINES && this.#lines.get(line.pluginId) === line) this.#lines.delete(line.pluginId);
  }
}

function mayGo(line: Line): boolean {
  const first = line.waiting[0];
  return first !== undefined && line.running < first.request.maxConcurrency;
}

class Slot implements Disposable {
  readonly #lines: Lines;
  readonly #line: Line;
  #isHeld = true;

  constructor(lines: Lines, line: Line) {
    this.#lines = lines;
    this.#line = line;
  }

  [Symbol.dispose](): void {
    if (this.#isHeld) this.#lines.giveBack(this.#line);
    this.#isHeld = false;
  }
}

function queueFull(limit: number, pluginId: string): Error {
  return createError('ERR_QUOTA_EXCEEDED', `the queue is full: ${limit} executions are waiting already`, {
    details: { quota: 'maxQueued', limit, pluginId },
    hint: 'send fewer at a time, or raise maxQueued in createRuntime',
  });
}

function queueTimeout(request: AdmissionRequest, elapsedMs: number): Error {
  const limitMs = request.queueTimeoutMs;
  const elapsed = Math.round(elapsedMs);
  return createError(
    'ERR_QUEUE_TIMEOUT',
    `the execution waited ${elapsed} ms for its turn, and may wait ${limitMs} ms`,
    {
      details: { elapsedMs: elapsed, limitMs },
      hint: 'raise queueTimeoutMs, or maxConcurrency of the plugin or the runtime',
    },
  );
}
