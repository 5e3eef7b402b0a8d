import type { AnalyticsSink } from '@kb-labs/contracts';
import { describeThrown } from './describe-thrown.js';
import { RecordQueue } from './record-queue.js';
import type { QueuedRecord, QueueLimits } from './record-queue.js';

/** How records go to one sink. Times in milliseconds. */
export interface LaneOptions {
  readonly queue: QueueLimits;
  readonly batchSize: number;
  readonly intervalMs: number;
  readonly writeTimeoutMs: number;
  /** Makes a text that may be shown. */
  readonly redact: (text: string) => string;
}

/** What became of the records for one sink. Each is in exactly one of `delivered`, `failed`, `dropped` and `pending`. */
export interface SinkStats {
  readonly sink: string;
  readonly delivered: number;
  /** In batches whose write threw. Some of such a batch may have arrived. */
  readonly failed: number;
  /** Lost because the queue was full, or because the sink was disposed of before their turn. */
  readonly dropped: number;
  /** Waiting, or in a write that has not settled. */
  readonly pending: number;
  /** True while a write outlives its time; the sink gets nothing more until it settles. */
  readonly overdue: boolean;
  /** Name, code and message of what the last failed write threw, redacted. */
  readonly lastError: string | undefined;
}

/** A flush that waits until all records up to this number have settled. */
interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
}

/** Takes records to one sink: one write at a time, in order, in the background. Nothing that the sink does comes back to the caller. */
export class SinkLane {
  readonly #sink: AnalyticsSink;
  readonly #options: LaneOptions;
  readonly #queue: RecordQueue;
  readonly #counts = { delivered: 0, failed: 0, dropped: 0, writing: 0 };
  #timer: NodeJS.Timeout | undefined;
  #timerIsPrompt = false;
  #write: AbortController | undefined;
  #overdue = false;
  #closed = false;
  #lastError: string | undefined;
  readonly #waiters = new Set<Waiter>();

  constructor(sink: AnalyticsSink, options: LaneOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#queue = new RecordQueue(options.queue);
  }

  get stats(): SinkStats {
    const { delivered, failed, dropped, writing } = this.#counts;
    const pending = this.#queue.size + writing;
    return {
      sink: this.#sink.name,
      delivered,
      failed,
      dropped,
      pending,
      overdue: this.#overdue,
      lastError: this.#lastError,
    };
  }

  /** Synchronous, and never throws. */
  offer(queued: QueuedRecord): void {
    this.#counts.dropped += this.#queue.add(queued);
    if (this.#queue.size > 0) this.#schedule(this.#queue.size >= this.#options.batchSize);
  }

  /** Resolves when all that is pending now has settled, or the signal aborts, and never rejects. */
  async drained(signal: AbortSignal): Promise<void> {
    if (this.stats.pending === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Where nothing waits, the running write alone is waited for: it holds what came before all others.
    const waiter = { upTo: this.#queue.last?.seq ?? -1, resolve };
    const giveUp = (): void => resolve();
    this.#waiters.add(waiter);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#schedule(true);
    await promise;
    signal.removeEventListener('abort', giveUp);
    this.#waiters.delete(waiter);
  }

  /** Drops what waits, tells the running write to end, and disposes of the sink. Waits for it until the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#counts.dropped += this.#queue.take(Number.POSITIVE_INFINITY).length;
    this.#write?.abort(new Error('the analytics are disposed of'));
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await Promise.race([this.#dispose(), promise]);
  }

  async #dispose(): Promise<void> {
    try {
      await this.#sink[Symbol.asyncDispose]();
    } catch (thrown) {
      this.#lastError = this.#options.redact(describeThrown(thrown));
    }
  }

  /** Timers alone drive the lane: they run after the caller's own work, and never keep the process alive. */
  #schedule(promptly: boolean): void {
    if (this.#closed || this.#write !== undefined) return;
    if (this.#timer !== undefined) {
      if (!promptly || this.#timerIsPrompt) return;
      clearTimeout(this.#timer);
    }
    this.#timerIsPrompt = promptly;
    this.#timer = setTimeout(() => void this.#writeBatch(), promptly ? 0 : this.#options.intervalMs);
    this.#timer.unref();
  }

  async #writeBatch(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#queue.take(this.#options.batchSize);
    const controller = new AbortController();
    this.#write = controller;
    this.#counts.writing = batch.length;
    const timeout = setTimeout(() => this.#expire(controller), this.#options.writeTimeoutMs);
    timeout.unref();
    try {
      const records = batch.map(({ record }) => record);
      await this.#sink.write(records, controller.signal);
      this.#counts.delivered += batch.length;
    } catch (thrown) {
      this.#counts.failed += batch.length;
      this.#lastError = this.#options.redact(describeThrown(thrown));
    }
    clearTimeout(timeout);
    this.#write = undefined;
    this.#overdue = false;
    this.#counts.writing = 0;
    this.#queue.release(batch);
    this.#goOn();
  }

  #expire(controller: AbortController): void {
    this.#overdue = true;
    controller.abort(new Error(`the write has taken longer than ${this.#options.writeTimeoutMs} ms`));
  }

  #goOn(): void {
    const first = this.#queue.first?.seq ?? Number.POSITIVE_INFINITY;
    const waiting = [...this.#waiters].filter(({ upTo }) => upTo >= first);
    for (const { upTo, resolve } of this.#waiters) if (upTo < first) resolve();
    if (this.#queue.size > 0) this.#schedule(this.#queue.size >= this.#options.batchSize || waiting.length > 0);
  }
}
