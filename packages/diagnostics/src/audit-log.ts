import { createError, isPluginError } from '@kb-labs/contracts';
import type { AuditEntry, AuditSink, PluginError } from '@kb-labs/contracts';
import { RotatingFile } from '@kb-labs/rotating-file';
import { createAuditLines } from './audit-line.js';
import { AuditLosses } from './audit-losses.js';
import { parseAuditLogOptions } from './audit-options.js';
import type { AuditLogOptions, ParsedAuditLogOptions } from './audit-options.js';
import { AuditQueue } from './audit-queue.js';

/** What became of the lines. */
export interface AuditStats {
  readonly written: number;
  readonly pending: number;
  /** For which there was no room while nothing could be written, and those after the end. */
  readonly lost: number;
  /** Allowed decisions that the sample left out. */
  readonly skipped: number;
  readonly lastError: string | undefined;
}

/** A sink that keeps decisions in a file. */
export interface AuditLog extends AuditSink {
  /** Resolves where a line can be written now, also where some were lost before. */
  ready(): Promise<void>;
  /**
   * Of one execution it waits for no later line, and rejects where some of its own are lost. Whoever loses lines of more than 10 000
   * executions without asking for any of them is no longer told which: every execution then counts as one of them.
   */
  flush(executionId?: string): Promise<void>;
  stats(): AuditStats;
}

/** Lines of one write. */
const BATCH = 256;

/**
 * Keeps decisions in a file, one line of JSON each: mode 0600, rotating by size, no link followed, one process for each file. What cannot be
 * written waits and is tried again with the next decision, `ready` or `flush`. Nothing is fsynced; no timer keeps a process alive.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const parsed = parseAuditLogOptions(options);
  return new FileAuditLog(parsed, createAuditLines(parsed.redaction));
}

class FileAuditLog implements AuditLog {
  readonly #options: ParsedAuditLogOptions;
  readonly #toLine: (entry: AuditEntry) => Buffer;
  readonly #file: RotatingFile;
  readonly #queue: AuditQueue;
  readonly #losses = new AuditLosses();
  readonly #giveUp = new AbortController();
  /** The file is given one thing to do at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #step: Promise<boolean> | undefined;
  #probing: Promise<void> | undefined;
  #draining = false;
  #skipped = 0;
  #lastError: PluginError | undefined;
  #closed = false;

  constructor(options: ParsedAuditLogOptions, toLine: (entry: AuditEntry) => Buffer) {
    this.#options = options;
    this.#toLine = toLine;
    this.#queue = new AuditQueue(options.maxPending);
    this.#file = new RotatingFile(options.file, { maxBytes: options.maxBytes, maxFiles: options.maxFiles });
  }

  write(entry: AuditEntry): void {
    const { executionId, audit } = entry;
    if (audit.decision.allowed && !(Math.random() < this.#options.sampleAllows)) this.#skipped += 1;
    else if (this.#closed || !this.#queue.add(executionId, () => this.#toLine(entry))) this.#losses.add(executionId);
    else void this.#drain();
  }

  async ready(): Promise<void> {
    if (this.#closed) throw unavailable('it was closed', undefined);
    await this.#writeUntil(this.#queue.endOf(undefined));
    // Whoever asks while others wait for a probe is served by the same one; one that has begun may be too old.
    this.#probing ??= this.#inTurn(async () => {
      this.#probing = undefined;
      await this.#file.probe();
    });
    try {
      await this.#probing;
    } catch (error) {
      throw unavailable('its file cannot be written to', error);
    }
    // What waited for the file to come back goes first.
    if (!(await this.#writeUntil(this.#queue.endOf(undefined)))) throw this.#waiting();
  }

  async flush(executionId?: string): Promise<void> {
    const isWritten = await this.#writeUntil(this.#queue.endOf(executionId));
    if (this.#losses.tell(executionId)) {
      const whose = executionId === undefined ? `${this.#losses.lines} decisions` : 'decisions of this execution';
      throw unavailable(`${whose} are lost`, this.#lastError);
    }
    if (!isWritten) throw this.#waiting();
  }

  stats(): AuditStats {
    return {
      written: this.#queue.written,
      pending: this.#queue.size,
      lost: this.#losses.lines,
      skipped: this.#skipped,
      lastError: this.#lastError?.message,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#giveUp.abort();
      late.reject(this.#waiting());
    }, this.#options.flushTimeoutMs);
    timer.unref();
    try {
      await Promise.race([this.flush(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes what waits, and what comes meanwhile. Never rejects. */
  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    while (this.#queue.size > 0 && (await this.#writeSome()));
    this.#draining = false;
  }

  /** Whether so many lines are written since the beginning: waits for no more, however many come behind them. */
  async #writeUntil(count: number): Promise<boolean> {
    while (this.#queue.written < count) if (!(await this.#writeSome())) return false;
    return true;
  }

  /** Writes the next lines, once for all who ask meanwhile. Tells whether they are written; never rejects. */
  #writeSome(): Promise<boolean> {
    this.#step ??= this.#inTurn(() => this.#append());
    return this.#step;
  }

  async #append(): Promise<boolean> {
    const batch = this.#queue.first(BATCH);
    try {
      await this.#file.append(batch, this.#giveUp.signal);
      this.#queue.advance(batch.length);
      this.#lastError = undefined;
      return true;
    } catch (error) {
      this.#lastError = unavailable('its file cannot be written to', error);
      const { written } = detailsOf(error);
      this.#queue.advance(typeof written === 'number' ? written : 0);
      return false;
    } finally {
      this.#step = undefined;
    }
  }

  #waiting(): PluginError {
    return unavailable(`${this.#queue.size} decisions wait`, this.#lastError);
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function detailsOf(error: unknown): Readonly<Record<string, unknown>> {
  return isPluginError(error) ? error.details : {};
}

function unavailable(problem: string, cause: unknown): PluginError {
  return createError('ERR_AUDIT_UNAVAILABLE', `decisions cannot be kept in the audit log: ${problem}`, {
    cause,
    hint: 'look at the cause, and make room or give back the right to write to the file and its folder',
  });
}
