import { EventEmitter } from 'eventemitter3';
import { createError } from '@kb-labs/contracts';
import type { Parcel } from './envelope.js';
import type { SharedRoom } from './shared-room.js';
import { showTopic } from './topic.js';
import { matches } from './topic-pattern.js';
import type { TopicPattern } from './topic-pattern.js';
import type { Mailbox } from './mailbox.js';

const NONE: readonly never[] = Object.freeze([]);

interface Channel {
  /** Patterns are its event names; a topic is the pattern that matches itself alone. */
  readonly mailboxes: EventEmitter<Record<string, [parcel: Parcel]>>;
  readonly wildcards: Map<string, TopicPattern>;
  /** Those that may refuse a publisher. None of them is among the others. */
  readonly rejecting: Set<Mailbox>;
  readonly listening: Disposable;
}

/** Knows which mailboxes an event goes to. Listens to a channel of the transport only while one is routed. */
export class Switchboard {
  readonly #listen: (channel: string) => Disposable;
  readonly #channels = new Map<string, Channel>();

  constructor(listen: (channel: string) => Disposable) {
    this.#listen = listen;
  }

  /** Routes events to the mailbox until it closes. */
  route(mailbox: Mailbox): void {
    const { channel: name, pattern, bounds } = mailbox.options;
    const channel = this.#open(name);
    if (bounds.overflow === 'reject') {
      channel.rejecting.add(mailbox);
      mailbox.onClose(() => channel.rejecting.delete(mailbox));
    } else {
      const offer = (parcel: Parcel): void => mailbox.offer(parcel);
      channel.mailboxes.on(pattern.text, offer);
      if (!pattern.exact) channel.wildcards.set(pattern.text, pattern);
      mailbox.onClose(() => {
        channel.mailboxes.off(pattern.text, offer);
        if (channel.mailboxes.listenerCount(pattern.text) === 0) channel.wildcards.delete(pattern.text);
      });
    }
    mailbox.onClose(() => {
      if (channel.rejecting.size === 0 && channel.mailboxes.eventNames().length === 0) this.#close(name, channel);
    });
  }

  /** Throws `ERR_EVENT_OVERFLOW` where a subscriber that rejects has no room for so much. Nothing has been delivered then. */
  assertRoom(name: string, bytes: number, topic: readonly string[]): void {
    const rejecting = this.#rejecting(name, topic);
    if (rejecting.length === 0) return;
    const promised = new Map<SharedRoom, number>();
    for (const mailbox of rejecting) {
      const { room, limit } = mailbox.options.bounds;
      const before = promised.get(room) ?? 0;
      promised.set(room, before + bytes);
      if (!mailbox.wouldReject(bytes, before)) continue;
      throw createError('ERR_EVENT_OVERFLOW', `a subscriber of ${showTopic(topic.join('.'))} has no room left`, {
        details: { topic: topic.join('.'), queueLimit: limit },
        hint: 'publish again later, or let the subscriber drop what it cannot keep up with',
      });
    }
  }

  dispatch(name: string, parcel: Parcel, topic: readonly string[]): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // Chosen before anything is told, so that a report that (un)subscribes changes nothing for this event.
    const wild = channel.wildcards.size === 0 ? [] : [...channel.wildcards.values()];
    const chosen = wild.filter(({ segments }) => matches(segments, topic));
    // Those that were asked for room come first: no other queue of their owner may take it meanwhile.
    for (const mailbox of this.#rejecting(name, topic)) mailbox.offer(parcel);
    channel.mailboxes.emit(parcel.envelope.topic, parcel);
    for (const { text } of chosen) channel.mailboxes.emit(text, parcel);
  }

  #rejecting(name: string, topic: readonly string[]): readonly Mailbox[] {
    const rejecting = this.#channels.get(name)?.rejecting;
    if (rejecting === undefined || rejecting.size === 0) return NONE;
    return [...rejecting].filter(({ options }) => matches(options.pattern.segments, topic));
  }

  #open(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel: Channel = {
      mailboxes: new EventEmitter(),
      wildcards: new Map(),
      rejecting: new Set(),
      listening: this.#listen(name),
    };
    this.#channels.set(name, channel);
    return channel;
  }

  #close(name: string, channel: Channel): void {
    this.#channels.delete(name);
    channel.listening[Symbol.dispose]();
  }
}
