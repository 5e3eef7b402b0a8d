import type { EventEnvelope, EventOverflow } from '@kb-labs/contracts';

/** Events that wait in the guest for one reader. More wait at the host, where their drops are counted. */
export interface EventMailbox {
  /** Whether there is as much as should wait here: its reader is far behind. */
  readonly isFull: boolean;
  readonly isClosed: boolean;
  /** Whether it drops what it has no room for: its reader was waited for long enough, and has not caught up. */
  readonly isStalled: boolean;
  stall(): void;
  put(event: EventEnvelope): void;
  /** The next event, or `undefined` when it was closed. Rejects with the error that it was closed with. */
  take(): Promise<EventEnvelope | undefined>;
  /** What waits is not delivered. The first one counts. */
  close(error?: Error): void;
}

export interface MailboxOptions {
  readonly queueLimit: number | undefined;
  readonly overflow: EventOverflow | undefined;
  /** Called when an event was taken, and when it is closed: there is room now. */
  readonly onRoom: () => void;
  /** Called once, with the first event that is dropped. */
  readonly onDrop: () => void;
}

/** Makes an empty mailbox. Several may wait for events; each gets one of its own, in turn. */
export function createMailbox(options: MailboxOptions): EventMailbox {
  const queue = createQueue(options);
  const readers: PromiseWithResolvers<EventEnvelope | undefined>[] = [];
  let closed: { readonly error: Error | undefined } | undefined;
  return {
    get isFull() {
      return closed === undefined && queue.isFull;
    },
    get isClosed() {
      return closed !== undefined;
    },
    get isStalled() {
      return queue.isStalled;
    },
    stall: () => queue.stall(),
    put(event) {
      if (closed !== undefined) return;
      const reader = readers.shift();
      if (reader === undefined) queue.put(event);
      else reader.resolve(event);
    },
    async take() {
      if (closed?.error !== undefined) throw closed.error;
      if (closed !== undefined) return undefined;
      const event = queue.take();
      if (event !== undefined) {
        options.onRoom();
        return event;
      }
      const reader = Promise.withResolvers<EventEnvelope | undefined>();
      readers.push(reader);
      return await reader.promise;
    },
    close(error) {
      if (closed !== undefined) return;
      closed = { error };
      for (const reader of readers) {
        if (error === undefined) reader.resolve(undefined);
        else reader.reject(error);
      }
      options.onRoom();
    },
  };
}

interface EventQueue {
  readonly isFull: boolean;
  readonly isStalled: boolean;
  stall(): void;
  put(event: EventEnvelope): void;
  take(): EventEnvelope | undefined;
}

const MAX_WAITING = 64;

/** Takes all that comes, until it is stalled: from then on it has no more than its room, until there is some again. */
function createQueue({ queueLimit, overflow, onDrop }: MailboxOptions): EventQueue {
  const room = Math.min(queueLimit ?? MAX_WAITING, MAX_WAITING);
  const events: EventEnvelope[] = [];
  let isStalled = false;
  let hasDropped = false;
  return {
    get isFull() {
      return events.length >= room;
    },
    get isStalled() {
      return isStalled;
    },
    stall() {
      isStalled = true;
    },
    put(event) {
      if (isStalled && events.length >= room) {
        if (!hasDropped) onDrop();
        hasDropped = true;
        if (overflow !== undefined && overflow !== 'drop-oldest') return;
        events.splice(0, events.length - room + 1);
      }
      events.push(event);
    },
    take() {
      const event = events.shift();
      if (events.length < room) isStalled = false;
      return event;
    },
  };
}
