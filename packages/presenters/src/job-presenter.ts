import type { Clock, MessageLevel, PresentedError, Presenter } from '@kb-labs/contracts';
import { messageLevel } from './message-level.js';
import { assertKnownOptions, assertNumber, hasMethod, wrongOption } from './option-checks.js';
import { fractionOf, jsonText, plainLine, plainName } from './plain-text.js';

const MAX_ENTRIES = 1_000;
const MAX_BYTES = 1024 * 1024;
const MAKER = { name: 'createJobPresenter', options: ['maxEntries', 'maxBytes', 'clock'] };

/** One thing that was shown, in one line that is safe to print. `at` is in milliseconds since the epoch. */
export type JobEntry = { readonly at: number } & JobEntryContent;

type JobEntryContent =
  | { readonly kind: 'message'; readonly text: string; readonly level: MessageLevel }
  | { readonly kind: 'progress'; readonly text: string; readonly fraction: number | undefined }
  | { readonly kind: 'json'; readonly json: string }
  | {
      readonly kind: 'error';
      readonly message: string;
      readonly code: string | undefined;
      readonly hint: string | undefined;
    }
  | { readonly kind: 'confirm'; readonly question: string; readonly answer: false };

/** How much a job's record holds. Beyond either limit the oldest entries go. An unknown option is `ERR_CONFIG_INVALID`. */
export interface JobPresenterOptions {
  /** Default 1 000. */
  readonly maxEntries?: number;
  /** Of all entries as JSON. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default: that of the process. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** Keeps what a job shows, for whoever looks later. */
export interface JobPresenter extends Presenter {
  /** Oldest first. */
  entries(): readonly JobEntry[];
  /** How many entries are gone. Progress that only moved on is none. */
  readonly dropped: number;
}

/** A record of a run that nobody watches. Nobody can answer either, so every answer is no, and is kept with its question. */
export function createJobPresenter(options: JobPresenterOptions = {}): JobPresenter {
  assertKnownOptions(MAKER, options);
  const { maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES, clock = { now: () => Date.now() } } = options;
  assertNumber(MAKER, { option: 'maxEntries', value: maxEntries, least: 1, most: Number.MAX_SAFE_INTEGER });
  assertNumber(MAKER, { option: 'maxBytes', value: maxBytes, least: 1, most: Number.MAX_SAFE_INTEGER });
  if (!hasMethod(clock, 'now')) {
    throw wrongOption(MAKER, 'clock', { flaw: 'has no method "now"', hint: 'leave it out for that of the process' });
  }
  const record = new JobRecord(maxEntries, maxBytes);
  const add = (content: JobEntryContent): void => record.add(Object.freeze({ at: clock.now(), ...content }));
  return {
    message: (text, level) => add({ kind: 'message', text: plainLine(text), level: messageLevel(level) }),
    progress: (text, fraction) => add({ kind: 'progress', text: plainLine(text), fraction: fractionOf(fraction) }),
    json: (value) => add({ kind: 'json', json: jsonText(value) }),
    error: (error) => add({ kind: 'error', ...plainError(error) }),
    confirm: (question) => {
      add({ kind: 'confirm', question: plainLine(question), answer: false });
      return Promise.resolve(false);
    },
    entries: () => record.entries(),
    get dropped() {
      return record.dropped;
    },
  };
}

class JobRecord {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #held: { readonly entry: JobEntry; readonly bytes: number }[] = [];
  #bytes = 0;
  dropped = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  add(entry: JobEntry): void {
    const bytes = Buffer.byteLength(JSON.stringify(entry));
    // Of progress only how far it got matters.
    if (entry.kind === 'progress' && this.#held.at(-1)?.entry.kind === 'progress')
      this.#bytes -= this.#held.pop()?.bytes ?? 0;
    this.#held.push({ entry, bytes });
    this.#bytes += bytes;
    while (this.#held.length > this.#maxEntries || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#held.shift()?.bytes ?? 0;
      this.dropped += 1;
    }
  }

  entries(): readonly JobEntry[] {
    return this.#held.map(({ entry }) => entry);
  }
}

function plainError({ message, code, hint }: PresentedError): {
  message: string;
  code: string | undefined;
  hint: string | undefined;
} {
  return {
    message: plainLine(message),
    code: code === undefined ? undefined : plainName(code),
    hint: hint === undefined ? undefined : plainLine(hint),
  };
}
