import type { ErrorCode } from './error-codes.js';
import type { ErrorDetails } from './plugin-error.js';
import type { StageName } from './stage.js';

/** What a handler threw, as data: bounded, cycle-free, with no host paths. `code` is the guest's own and proves nothing. */
export interface GuestError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  /** What to change, where the error came from a host call; the guest's own words, and no proof of anything. */
  readonly hint: string | undefined;
  /** Source-mapped where the plugin ships maps; frames of the plugin alone, paths relative to its root. */
  readonly stack: string | undefined;
  readonly cause: GuestError | undefined;
  /** The parts of an `AggregateError`, at most 16. */
  readonly errors: readonly GuestError[];
  /** True where text, causes or parts were cut. */
  readonly truncated: boolean;
}

/** The one shape in which an error leaves `execute()`. */
export interface ErrorEnvelope {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stage: StageName | undefined;
  readonly details: ErrorDetails;
  /** What to change. */
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly http: number;
  /** Codes of the errors that came before, nearest first. */
  readonly cause: readonly string[];
  /** `handler` where the plugin's own code failed; set by the host and never taken from the guest. */
  readonly source: 'host' | 'handler';
  /** What the handler threw, where it threw. */
  readonly error: GuestError | undefined;
}
