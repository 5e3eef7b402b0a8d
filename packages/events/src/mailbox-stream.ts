import type { EventEnvelope, EventStream } from '@kb-labs/contracts';
import type { Mailbox } from './mailbox.js';

type Next = IteratorResult<EventEnvelope, undefined>;

/** Hands out what comes into the mailbox as an async iterator. Several `next` calls may wait; each gets an event of its own. */
export function streamMailbox(mailbox: Mailbox): EventStream {
  const readers: ((next: Next) => void)[] = [];
  mailbox.onWake(() => {
    while (readers.length > 0) {
      const event = mailbox.take();
      if (event === undefined && !mailbox.isClosed) return;
      readers.shift()?.(event === undefined ? { done: true, value: undefined } : { done: false, value: event });
    }
  });
  const stream: EventStream = {
    get dropped() {
      return mailbox.dropped;
    },
    get waiting() {
      return mailbox.waiting;
    },
    async next(): Promise<Next> {
      const event = mailbox.take();
      if (event !== undefined) return { done: false, value: event };
      if (mailbox.isClosed) return { done: true, value: undefined };
      return new Promise((resolve) => {
        readers.push(resolve);
      });
    },
    async return(): Promise<Next> {
      mailbox.close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.dispose]: () => mailbox.close(),
  };
  return Object.freeze(stream);
}
