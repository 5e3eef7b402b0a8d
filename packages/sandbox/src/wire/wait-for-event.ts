import type { EventEnvelope, EventWaitOptions } from '@kb-labs/contracts';
import type { EventPump } from './event-pump.js';
import { invalidArgument, makeCallError } from './guest-calls.js';

const DEFAULT_WAIT_MS = 30_000;
const MAX_WAIT_MS = 2_147_483_647;

/** Resolves with the first event that the predicate takes; what does not fit is passed over. The subscription ends with the wait. */
export async function waitForEvent(
  pump: EventPump,
  pattern: string,
  { predicate, timeoutMs = DEFAULT_WAIT_MS, signal, ...options }: EventWaitOptions,
): Promise<EventEnvelope> {
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_WAIT_MS)
    throw invalidArgument(`timeoutMs must be a whole number from 1 to ${MAX_WAIT_MS}`);
  if (predicate !== undefined && typeof predicate !== 'function') throw invalidArgument('predicate must be a function');
  if (signal?.aborted === true) throw ended('ERR_ABORTED', `the wait for ${pattern} was aborted`);
  const subscription = pump.open(pattern, options);
  const abort = (): void => subscription.mailbox.close(ended('ERR_ABORTED', `the wait for ${pattern} was aborted`));
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    const message = `the wait for ${pattern} took longer than ${timeoutMs} ms`;
    subscription.mailbox.close(ended('ERR_EVENT_TIMEOUT', message, { timeoutMs }));
  }, timeoutMs).unref();
  try {
    for (;;) {
      const event = await subscription.mailbox.take();
      if (event === undefined) throw ended('ERR_ABORTED', `the wait for ${pattern} ended with the run`);
      if (predicate === undefined || isTaken(predicate, event)) return event;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    // The answer need not wait for it.
    void subscription.close();
  }
}

/** A promise would count as a yes. */
function isTaken(predicate: (event: EventEnvelope) => unknown, event: EventEnvelope): boolean {
  const taken = predicate(event);
  if (typeof taken !== 'boolean') throw invalidArgument('the predicate must answer true or false, and at once');
  return taken;
}

function ended(code: string, message: string, details: Readonly<Record<string, unknown>> = {}): Error {
  return makeCallError({ code, message, hint: undefined, details });
}
