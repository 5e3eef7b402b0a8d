import { createError } from '@kb-labs/contracts';
import type { AbortLine, ErrorCode } from '@kb-labs/contracts';
import { abortError } from './abort.js';

/** Milliseconds that an adapter has beyond its own limits, for what no limit counts: sending signals, reaping, closing pipes. */
const SLACK_MS = 2000;

/** Keeps times. Holds the process until they ring or are cleared. */
export interface Timers {
  arm(ms: number, ring: () => void): { clear(): void };
}

/** What an adapter may take, and what it is told when it takes more. */
export interface Deadline<T> {
  /** Milliseconds by its own limit: `startTimeoutMs`, `timeoutMs`, or 0 where it should end at once. */
  readonly limitMs: number;
  readonly graceMs: number;
  /** Once this has gone, only the grace counts. */
  readonly line: AbortLine | undefined;
  readonly code: Extract<ErrorCode, 'ERR_START_TIMEOUT' | 'ERR_TIMEOUT' | 'ERR_SANDBOX_CRASHED'>;
  /** What it should have done: `start`. */
  readonly duty: string;
  /** Takes what comes after all. */
  readonly late: (value: T) => void;
  readonly timers: Timers;
}

/**
 * Waits for an adapter, but not for ever. Adapters keep their own limits; this is for one that does not, so that every execution
 * settles. Rejects with the code, or with `ERR_ABORTED` where the signal has gone. Holds the process until then: a host that awaits an
 * execution is told of its end, rather than ended itself.
 */
export function withinDeadline<T>(work: PromiseLike<T>, deadline: Deadline<T>): Promise<T> {
  const { limitMs, graceMs, line, late, timers } = deadline;
  return new Promise<T>((resolve, reject) => {
    const slackMs = 4 * graceMs + SLACK_MS;
    let isOver = false;
    const giveUp = (): void => {
      isOver = true;
      unlisten?.();
      reject(overdue(deadline));
    };
    const isAborted = line?.aborted === true;
    let timer = timers.arm(isAborted ? slackMs : limitMs + slackMs, giveUp);
    const unlisten = line?.onAbort(() => {
      timer.clear();
      timer = timers.arm(slackMs, giveUp);
    });
    const stop = (): void => {
      timer.clear();
      unlisten?.();
    };
    Promise.resolve(work).then(
      (value) => {
        if (isOver) return late(value);
        stop();
        resolve(value);
      },
      (error: unknown) => {
        // Where the work itself failed after all, there is nothing to come.
        if (isOver) return;
        stop();
        reject(error);
      },
    );
  });
}

function overdue({ code, duty, limitMs, line }: Omit<Deadline<unknown>, 'late'>): Error {
  if (line?.aborted === true) return abortError(line);
  return createError(code, `the sandbox did not ${duty} in time, and is not waited for`, { details: { limitMs } });
}
