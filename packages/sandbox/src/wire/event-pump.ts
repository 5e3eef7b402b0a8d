import type { DeliveredEvent, EventSubscribeOptions } from '@kb-labs/contracts';
import { createEarlyEvents } from './early-events.js';
import type { EarlyEvents } from './early-events.js';
import { createMailbox } from './event-mailbox.js';
import type { EventMailbox } from './event-mailbox.js';
import type { GuestPort } from './guest-port.js';
import { isInstance } from './is-instance.js';
import { WAITING_CALL } from './messages.js';
import { createRoomGate } from './room-gate.js';
import type { RoomGate } from './room-gate.js';

/** One subscription of a guest, from the moment it was asked for. */
export interface PumpedSubscription {
  readonly mailbox: EventMailbox;
  /** Settles when the host has answered. Its mailbox is closed with the same error where it refuses. */
  readonly opened: Promise<unknown>;
  /** Closes the mailbox and tells the host, also where it has not answered yet. Closing again does nothing. Never rejects. */
  close(): Promise<void>;
}

/** Fetches the events of all subscriptions of one guest, with one open call. */
export interface EventPump {
  /** The signal in the options is not looked at. */
  open(pattern: string, options: EventSubscribeOptions): PumpedSubscription;
  /** The run is over: closes every mailbox. */
  end(): void;
}

/** Makes the pump. It asks for nothing before the first subscription, and for no more than its readers read. */
export function createEventPump(port: GuestPort): EventPump {
  const fetcher = createFetcher(port);
  return {
    open(pattern, { signal: _signal, ...options }) {
      const { queueLimit, overflow } = options;
      const onDrop = (): void => port.log('warn', 'events are dropped: their reader is far behind', { pattern });
      const mailbox = createMailbox({ queueLimit, overflow, onRoom: fetcher.stir, onDrop });
      const opened = fetcher.add(mailbox, [pattern, options]);
      // Who opened it hears of a refusal, one way or the other.
      opened.catch(() => undefined);
      const unsubscribe = async (): Promise<void> => {
        try {
          const id = await opened;
          fetcher.remove(mailbox, id);
          await port.call('events.unsubscribe', [id], undefined);
        } catch {
          // It was never open, or the run is over: nothing more is delivered either way.
        }
      };
      let closing: Promise<void> | undefined;
      return {
        mailbox,
        opened,
        async close() {
          mailbox.close();
          closing ??= unsubscribe();
          await closing;
        },
      };
    },
    end: () => fetcher.end(undefined),
  };
}

interface Fetcher {
  /** Resolves with the id under which the host knows it. */
  add(mailbox: EventMailbox, args: readonly unknown[]): Promise<number>;
  remove(mailbox: EventMailbox, id: number): void;
  stir(): void;
  end(error: Error | undefined): void;
}

function createFetcher(port: GuestPort): Fetcher {
  const known = new Set<EventMailbox>();
  const open = new Map<number, EventMailbox>();
  const early = createEarlyEvents();
  const gate = createRoomGate(() => ({ mailboxes: [...open.values()], isHeldUp: early.isFull }));
  let isFetching = false;

  const end = (error: Error | undefined): void => {
    for (const mailbox of known) mailbox.close(error);
    known.clear();
    open.clear();
  };
  const fetch = async (): Promise<void> => {
    if (isFetching) return;
    isFetching = true;
    await deliverAll(port, { open, early, gate }).catch((error: unknown) => end(toError(error)));
    isFetching = false;
    // Somebody came while the last one left.
    if (open.size > 0) await fetch();
  };

  return {
    async add(mailbox, args) {
      known.add(mailbox);
      early.begin();
      try {
        // The host's own answer: this side trusts it.
        const id = (await port.call('events.subscribe', args, undefined)) as number;
        if (mailbox.isClosed) return id;
        open.set(id, mailbox);
        for (const event of early.take(id)) mailbox.put(event);
        void fetch();
        return id;
      } catch (error) {
        known.delete(mailbox);
        mailbox.close(toError(error));
        throw error;
      } finally {
        early.end();
        gate.stir();
      }
    },
    remove(mailbox, id) {
      known.delete(mailbox);
      open.delete(id);
    },
    stir: gate.stir,
    end,
  };
}

interface Delivery {
  readonly open: ReadonlyMap<number, EventMailbox>;
  readonly early: EarlyEvents;
  readonly gate: RoomGate;
}

/** Until nobody is left who listens. */
async function deliverAll(port: GuestPort, { open, early, gate }: Delivery): Promise<void> {
  for (await gate.pass(); open.size > 0; await gate.pass()) {
    // The host's own answer: this side trusts it.
    const delivered = (await port.call(WAITING_CALL, [], undefined)) as readonly DeliveredEvent[];
    for (const { subscription, event } of delivered) {
      const mailbox = open.get(subscription);
      if (mailbox === undefined) early.keep(subscription, event);
      else mailbox.put(event);
    }
  }
}

function toError(thrown: unknown): Error {
  return isInstance(thrown, Error) ? thrown : new Error('the host was not reached');
}
