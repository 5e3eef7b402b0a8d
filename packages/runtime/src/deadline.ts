import { createError } from '@kb-labs/contracts';
import type { ErrorCode } from '@kb-labs/contracts';
import { abortError } from './abort.js';

/** The longest delay of a Node timer; a longer one fires after 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/** Milliseconds that an adapter has beyond its own limits, for what no limit counts: sending signals, reaping, closing pipes. */
const SLACK_MS = 2000;

/** What an adapter may take, and what it is told when it takes more. */
export interface Deadline<T> {
  /** Milliseconds by its own limit: `startTimeoutMs`, `timeoutMs`, or 0 where it should end at once. */
  readonly limitMs: number;
  readonly graceMs: number;
  /** Once this has gone, only the grace counts. */
  readonly signal: AbortSignal | undefined;
  readonly code: Extract<ErrorCode, 'ERR_START_TIMEOUT' | 'ERR_TIMEOUT' | 'ERR_SANDBOX_CRASHED'>;
  /** What it should have done: `start`. */
  readonly duty: string;
  /** Takes what comes after all. */
  readonly late: (value: T) => void;
}

/**
 * Waits for an adapter, but not for ever. Adapters keep their own limits; this is for one that does not, so that every execution
 * settles. Rejects with the code, or with `ERR_ABORTED` where the signal has gone. Holds the process until then: a host that awaits an
 * execution is told of its end, rather than ended itself.
 */
export async function withinDeadline<T>(work: PromiseLike<T>, deadline: Deadline<T>): Promise<T> {
  const { limitMs, graceMs, signal, late } = deadline;
  let stop = (): void => {};
  const expired = new Promise<never>((_, reject) => {
    const slackMs = 4 * graceMs + SLACK_MS;
    const giveUp = (): void => reject(overdue(deadline));
    let timer = setTimeout(giveUp, Math.min(limitMs + slackMs, MAX_DELAY));
    const hurry = (): void => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, slackMs);
    };
    if (signal?.aborted === true) hurry();
    signal?.addEventListener('abort', hurry, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', hurry);
    };
  });
  try {
    return await Promise.race([work, expired]);
  } catch (thrown) {
    // Where the work itself failed, there is nothing to come.
    work.then(late, () => undefined);
    throw thrown;
  } finally {
    stop();
  }
}

function overdue({ code, duty, limitMs, signal }: Omit<Deadline<unknown>, 'late'>): Error {
  if (signal?.aborted === true) return abortError(signal);
  return createError(code, `the sandbox did not ${duty} in time, and is not waited for`, { details: { limitMs } });
}
