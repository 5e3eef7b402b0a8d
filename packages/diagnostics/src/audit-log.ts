import { createError, isPluginError } from '@kb-labs/contracts';
import type { AuditEntry, AuditSink, PluginError } from '@kb-labs/contracts';
import type { MaskOptions } from '@kb-labs/redaction';
import { RotatingFile } from '@kb-labs/rotating-file';
import { z } from 'zod';
import { createAuditLines } from './audit-line.js';
import { absolutePath, parseOptions } from './options.js';

/** All but `file` has a default. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface AuditLogOptions {
  /** An absolute path. Older files lie beside it: `file.1` is the newest of them. */
  readonly file: string;
  /** Which part of the allowed decisions is kept, from 0 (the default: none) to 1 (all). Denials are always kept. */
  readonly sampleAllows?: number;
  /** Bytes of each file. Default 10 485 760. */
  readonly maxBytes?: number;
  /** Files, the current one included. Default 10. */
  readonly maxFiles?: number;
  /** Lines that wait while nothing can be written. More are lost, and counted. Default 10 000. */
  readonly maxPending?: number;
  /** How long disposal waits for the last lines, in milliseconds. Default 5 000. */
  readonly flushTimeoutMs?: number;
  /** What is secret beside what is known to be. */
  readonly redaction?: MaskOptions;
}

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
  stats(): AuditStats;
}

const OPTIONS = z.strictObject({
  file: absolutePath,
  sampleAllows: z.number().min(0).max(1).default(0),
  maxBytes: z
    .int()
    .min(1024)
    .max(2 ** 40)
    .default(10_485_760),
  maxFiles: z.int().min(1).max(1000).default(10),
  maxPending: z.int().min(1).max(1_000_000).default(10_000),
  flushTimeoutMs: z.int().min(1).max(2_147_483_647).default(5000),
  redaction: z.custom<MaskOptions>().default({}),
});

/** Lines of one write. */
const BATCH = 256;

/**
 * Keeps decisions in a file, one line of JSON each: mode 0600, rotating by size, no link followed, one process for each file. What cannot be
 * written waits and is tried again with the next decision, `ready` or `flush`. Nothing is fsynced; no timer keeps a process alive.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const parsed = parseOptions(OPTIONS, options);
  return new FileAuditLog(parsed, createAuditLines(parsed.redaction));
}

class FileAuditLog implements AuditLog {
  readonly #options: z.output<typeof OPTIONS>;
  readonly #toLine: (entry: AuditEntry) => Buffer;
  readonly #file: RotatingFile;
  readonly #giveUp = new AbortController();
  #pending: Buffer[] = [];
  /** The file is given one thing to do at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #draining: Promise<void> | undefined;
  #probing: Promise<void> | undefined;
  #written = 0;
  #lost = 0;
  #skipped = 0;
  #lastError: PluginError | undefined;
  #closed = false;

  constructor(options: z.output<typeof OPTIONS>, toLine: (entry: AuditEntry) => Buffer) {
    this.#options = options;
    this.#toLine = toLine;
    this.#file = new RotatingFile(options.file, { maxBytes: options.maxBytes, maxFiles: options.maxFiles });
  }

  write(entry: AuditEntry): void {
    const { sampleAllows, maxPending } = this.#options;
    if (entry.audit.decision.allowed && !(Math.random() < sampleAllows)) {
      this.#skipped += 1;
    } else if (this.#closed || this.#pending.length >= maxPending) {
      this.#lost += 1;
    } else {
      this.#pending.push(this.#toLine(entry));
      void this.#drain();
    }
  }

  async ready(): Promise<void> {
    if (this.#closed) throw unavailable('it was closed', undefined);
    await this.#drain();
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
  }

  async flush(): Promise<void> {
    await this.#drain();
    if (this.#pending.length > 0) throw unavailable(`${this.#pending.length} decisions wait`, this.#lastError);
    if (this.#lost > 0) throw unavailable(`${this.#lost} decisions are lost`, this.#lastError);
  }

  stats(): AuditStats {
    return {
      written: this.#written,
      pending: this.#pending.length,
      lost: this.#lost,
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
      late.reject(unavailable(`${this.#pending.length} decisions wait`, this.#lastError));
    }, this.#options.flushTimeoutMs);
    timer.unref();
    try {
      await Promise.race([this.flush(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes what waits, once, also for all who ask while it does. Never rejects. */
  #drain(): Promise<void> {
    this.#draining ??= this.#inTurn(() => this.#writeAll());
    return this.#draining;
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, BATCH);
      try {
        await this.#file.append(batch, this.#giveUp.signal);
        this.#advance(batch.length);
        this.#lastError = undefined;
      } catch (error) {
        this.#lastError = unavailable('its file cannot be written to', error);
        const { written } = detailsOf(error);
        this.#advance(typeof written === 'number' ? written : 0);
        break;
      }
    }
    // In the same breath as the last look at what waits, so that no line is left between two drains.
    this.#draining = undefined;
  }

  #advance(lines: number): void {
    this.#pending = this.#pending.slice(lines);
    this.#written += lines;
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
  return createError('ERR_AUDIT_UNAVAILABLE', `Decisions cannot be kept in the audit log: ${problem}`, {
    cause,
    hint: 'Look at the cause, and make room or give back the right to write to the file and its folder.',
  });
}
