import { createError } from '@kb-labs/contracts';
import type { EventEnvelope, EventWaitOptions } from '@kb-labs/contracts';
import { invalidArgument, waitAborted } from './event-errors.js';
import type { Mailbox } from './mailbox.js';
import { startDelivery } from './delivery.js';
import type { Turn } from './turn.js';

export interface WaitOptions {
  readonly predicate: EventWaitOptions['predicate'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly turn: Turn;
}

/**
 * Resolves with the first event in the mailbox that the predicate takes, and closes the mailbox however it ends. Until then its timer keeps
 * the process alive: a script that only waits would otherwise end in silence.
 */
export function waitForEvent(mailbox: Mailbox, options: WaitOptions): Promise<EventEnvelope> {
  const { predicate, timeoutMs, signal, turn } = options;
  const { promise, resolve, reject } = Promise.withResolvers<EventEnvelope>();
  const what = `the wait for ${mailbox.options.pattern.text}`;
  const timer = setTimeout(() => {
    reject(createError('ERR_EVENT_TIMEOUT', `${what} took longer than ${timeoutMs} ms`, { details: { timeoutMs } }));
    mailbox.close();
  }, timeoutMs);
  mailbox.onClose(() => {
    clearTimeout(timer);
    // Whoever closes it with an answer has given the answer before.
    reject(waitAborted(what, signal?.aborted === true ? signal.reason : undefined));
  });
  const listener = (event: EventEnvelope): void => {
    try {
      if (predicate !== undefined && !answer(predicate, event)) return;
      resolve(event);
    } catch (error) {
      reject(error);
    }
    mailbox.close();
  };
  startDelivery(mailbox, { listener, turn, listenerTimeoutMs: timeoutMs });
  return promise;
}

// A promise would count as a yes.
function answer(predicate: (event: EventEnvelope) => unknown, event: EventEnvelope): boolean {
  const taken = predicate(event);
  if (typeof taken !== 'boolean') throw invalidArgument('the predicate must answer true or false, and at once');
  return taken;
}
