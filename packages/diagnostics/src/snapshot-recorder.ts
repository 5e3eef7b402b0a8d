import type { ExecutionEvent, ExecutionObserver } from '@kb-labs/contracts';
import { createMasker } from '@kb-labs/redaction';
import type { MaskOptions, Masker } from '@kb-labs/redaction';
import { z } from 'zod';
import { absolutePath, parseOptions } from './options.js';
import { SnapshotDraft } from './snapshot-draft.js';
import type { DraftLimits, FinishedSnapshot } from './snapshot-draft.js';
import { SnapshotFolder } from './snapshot-folder.js';
import { makeSnapshotId } from './snapshot-id.js';

/** All but `directory` has a default. An unknown or impossible option is `ERR_CONFIG_INVALID`. */
export interface SnapshotRecorderOptions {
  /** An absolute path of a folder for nothing else. It is made, with mode 0700. */
  readonly directory: string;
  /** Default `failures`: a run that came through leaves nothing. */
  readonly include?: 'failures' | 'all';
  /** Older ones are removed. Default 100. */
  readonly maxSnapshots?: number;
  /** Milliseconds. Default 604 800 000, a week. */
  readonly maxAgeMs?: number;
  /** Texts and bytes of more than 4 KiB are told by their hash, and kept up to so many bytes each. Default 262 144; 0 keeps none. */
  readonly maxBodyBytes?: number;
  /**
   * Of one snapshot, bodies included; also how much is looked at of its calls and other records together, and of each of input, output and error.
   * What is beyond is left out, and counted. Default 16 777 216.
   */
  readonly maxBytes?: number;
  /** What is secret beside what is known to be. */
  readonly redaction?: MaskOptions;
}

/** What became of the snapshots. */
export interface SnapshotRecorderStats {
  readonly written: number;
  readonly failed: number;
  /** For which there was no room in the queue of those that wait to be written. */
  readonly dropped: number;
  readonly lastError: string | undefined;
}

/** Takes a snapshot of each run that it is told of. */
export interface SnapshotRecorder extends ExecutionObserver, AsyncDisposable {
  /** Resolves when all that have ended so far are written, or failed to be. */
  settled(): Promise<SnapshotRecorderStats>;
}

const OPTIONS = z.strictObject({
  directory: absolutePath,
  include: z.enum(['failures', 'all']).default('failures'),
  maxSnapshots: z.int().min(1).max(100_000).default(100),
  maxAgeMs: z.int().min(1).default(604_800_000),
  maxBodyBytes: z.int().min(0).max(16_777_216).default(262_144),
  maxBytes: z.int().min(65_536).max(67_108_864).default(16_777_216),
  redaction: z.custom<MaskOptions>().default({}),
});

/** Snapshots that wait to be written, and how large they may be together: in times of the largest. */
const MAX_WAITING = 64;
const MAX_WAITING_SIZE = 4;

/**
 * Keeps, for each run, what is needed to look at it and to run it again: request, authority, host calls with their answers, result and
 * receipt, in a file of mode 0600. Never the environment, of which the events have names alone. A run is not held up by the disk, only by
 * the masking and copying of its values, as much of them as `maxBytes` says; what cannot be written is counted.
 */
export function createSnapshotRecorder(options: SnapshotRecorderOptions): SnapshotRecorder {
  const parsed = parseOptions(OPTIONS, options);
  return new Recorder(parsed, createMasker(parsed.redaction, '/redaction'));
}

class Recorder implements SnapshotRecorder {
  readonly #options: z.output<typeof OPTIONS>;
  readonly #masker: Masker;
  readonly #folder: SnapshotFolder;
  /** Spans are counted by the host; an id of an execution alone might come twice. */
  readonly #drafts = new Map<string, SnapshotDraft>();
  #current: { readonly executionId: string; readonly spanId: string; readonly draft: SnapshotDraft } | undefined;
  readonly #limits: DraftLimits;
  #waiting = 0;
  #waitingSize = 0;
  #last: Promise<void> = Promise.resolve();
  #stats: SnapshotRecorderStats = { written: 0, failed: 0, dropped: 0, lastError: undefined };

  constructor(options: z.output<typeof OPTIONS>, masker: Masker) {
    this.#options = options;
    this.#masker = masker;
    this.#limits = { maxBodyBytes: options.maxBodyBytes, maxBytes: options.maxBytes, frozen: new WeakSet() };
    this.#folder = new SnapshotFolder(options.directory, options);
  }

  observe(event: ExecutionEvent): void {
    const { executionId, spanId } = event;
    if (event.type === 'execution-start') {
      const draft = new SnapshotDraft(event, this.#masker, this.#limits);
      this.#drafts.set(keyOf(event), draft);
      this.#current = { executionId, spanId, draft };
      return;
    }
    // Most events come from the run that the last one came from: no key has to be made.
    const isSame = this.#current?.executionId === executionId && this.#current.spanId === spanId;
    const draft = isSame ? this.#current?.draft : this.#drafts.get(keyOf(event));
    if (draft === undefined) return;
    if (!isSame) this.#current = { executionId, spanId, draft };
    if (event.type !== 'execution-end') return draft.add(event);
    this.#current = undefined;
    this.#drafts.delete(keyOf(event));
    if (event.result.ok && this.#options.include === 'failures') return;
    this.#enqueue(draft.finish(makeSnapshotId(), event));
  }

  async settled(): Promise<SnapshotRecorderStats> {
    await this.#last;
    return this.#stats;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
  }

  #enqueue(snapshot: FinishedSnapshot): void {
    const size = sizeOf(snapshot);
    const isFull = this.#waitingSize + size > MAX_WAITING_SIZE * this.#options.maxBytes;
    if (this.#waiting >= MAX_WAITING || (this.#waiting > 0 && isFull)) {
      this.#stats = { ...this.#stats, dropped: this.#stats.dropped + 1 };
      return;
    }
    this.#waiting += 1;
    this.#waitingSize += size;
    this.#last = this.#last.then(() => this.#write(snapshot));
  }

  /** Never rejects. */
  async #write(snapshot: FinishedSnapshot): Promise<void> {
    try {
      await this.#folder.write(snapshot);
      this.#stats = { ...this.#stats, written: this.#stats.written + 1 };
      await this.#folder.sweep(Date.now());
    } catch (error) {
      const lastError = error instanceof Error ? error.message : String(error);
      this.#stats = { ...this.#stats, failed: this.#stats.failed + 1, lastError };
    } finally {
      this.#waiting -= 1;
      this.#waitingSize -= sizeOf(snapshot);
    }
  }
}

function keyOf({ executionId, spanId }: ExecutionEvent): string {
  return `${executionId} ${spanId}`;
}

function sizeOf({ text, bodies }: FinishedSnapshot): number {
  return [...bodies.values()].reduce((sum, { length }) => sum + length, text.length);
}
