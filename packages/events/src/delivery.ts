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
  const { turn } = options;
  let running = false;
  // Goes on without a promise for as long as the listener asks nobody to wait.
  const deliverAll = (): void => {
    while (mailbox.waiting > 0) {
      const pending = turn.next() ?? deliverOne(mailbox, options);
      if (pending === undefined) continue;
      void pending.then(deliverAll);
      return;
    }
    // In the same step as the look at the queue, or what comes in between would wake nobody.
    running = false;
    mailbox.setBusy(false);
  };
  const now = Promise.resolve();
  mailbox.onWake(() => {
    if (running || mailbox.isClosed) return;
    running = true;
    mailbox.setBusy(true);
    void now.then(deliverAll);
  });
}

/** Settles when the listener has, or its time is up; never rejects. Returns nothing where there is nothing to wait for. */
function deliverOne(mailbox: Mailbox, options: DeliveryOptions): Promise<void> | undefined {
  const event = mailbox.take();
  if (event === undefined) return undefined;
  try {
    const { listener } = options;
    const result = listener(event);
    return typeof result === 'object' && result !== null ? settle(mailbox, { event, result, options }) : undefined;
  } catch (error) {
    reportFailure(mailbox, event, error);
    return undefined;
  }
}

interface Answer {
  readonly event: EventEnvelope;
  readonly result: object;
  readonly options: DeliveryOptions;
}

function settle(mailbox: Mailbox, { event, result, options }: Answer): Promise<void> {
  const { subscriber, pattern, report } = mailbox.options;
  // A rejection that comes after the time is reported as well.
  const settled = Promise.resolve(result).then(
    () => undefined,
    (error: unknown) => reportFailure(mailbox, event, error),
  );
  return inTime(settled, options.listenerTimeoutMs, () =>
    report({ kind: 'listener-timeout', subscriber, pattern: pattern.text, id: event.id, error: undefined }),
  );
}

function reportFailure(mailbox: Mailbox, event: EventEnvelope, error: unknown): void {
  const { subscriber, pattern, report } = mailbox.options;
  report({ kind: 'listener-failed', subscriber, pattern: pattern.text, id: event.id, error });
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
