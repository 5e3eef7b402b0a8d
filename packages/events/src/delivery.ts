import type { EventEnvelope, EventListener } from '@kb-labs/contracts';
import type { Mailbox } from './mailbox.js';
import type { Turn } from './turn.js';

export interface DeliveryOptions {
  readonly listener: EventListener;
  readonly turn: Turn;
  readonly listenerTimeoutMs: number;
}

/** Calls the listener with what comes into the mailbox, one event at a time, never while somebody publishes. */
export function startDelivery(mailbox: Mailbox, options: DeliveryOptions): void {
  let running = false;
  const deliverAll = async (): Promise<void> => {
    while (mailbox.waiting > 0) {
      const pause = options.turn.next();
      if (pause !== undefined) await pause;
      const event = mailbox.take();
      const pending = event === undefined ? undefined : callListener(mailbox, event, options);
      if (pending !== undefined) await pending;
    }
    // In the same step as the look at the queue, or what comes in between would wake nobody.
    running = false;
    mailbox.setBusy(false);
  };
  mailbox.onWake(() => {
    if (running || mailbox.isClosed) return;
    running = true;
    mailbox.setBusy(true);
    queueMicrotask(() => void deliverAll());
  });
}

/** Settles when the listener has, or its time is up; never rejects. Returns nothing where there is nothing to wait for. */
function callListener(mailbox: Mailbox, event: EventEnvelope, options: DeliveryOptions): Promise<void> | undefined {
  const { subscriber, pattern, report } = mailbox.options;
  const about = { subscriber, pattern: pattern.text, id: event.id };
  const failed = (error: unknown): void => report({ kind: 'listener-failed', ...about, error });
  try {
    const { listener } = options;
    const result = listener(event);
    if (typeof result !== 'object' || result === null) return undefined;
    // A rejection that comes after the time is reported as well.
    const settled = Promise.resolve(result).then(() => undefined, failed);
    return inTime(settled, options.listenerTimeoutMs, () =>
      report({ kind: 'listener-timeout', ...about, error: undefined }),
    );
  } catch (error) {
    failed(error);
    return undefined;
  }
}

function inTime(settled: Promise<void>, ms: number, onTimeout: () => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      onTimeout();
      resolve();
    }, ms);
    timer.unref();
    void settled.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
