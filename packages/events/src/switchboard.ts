import { EventEmitter } from 'eventemitter3';
import { createError } from '@kb-labs/contracts';
import type { EventEnvelope } from '@kb-labs/contracts';
import { showTopic } from './topic.js';
import { matches } from './topic-pattern.js';
import type { TopicPattern } from './topic-pattern.js';
import type { Mailbox } from './mailbox.js';

interface Channel {
  /** Patterns are its event names; a topic is the pattern that matches itself alone. */
  readonly mailboxes: EventEmitter<Record<string, [event: EventEnvelope]>>;
  readonly wildcards: Map<string, TopicPattern>;
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
    const { channel: name, pattern, overflow } = mailbox.options;
    const channel = this.#open(name);
    const offer = (event: EventEnvelope): void => mailbox.offer(event);
    channel.mailboxes.on(pattern.text, offer);
    if (!pattern.exact) channel.wildcards.set(pattern.text, pattern);
    if (overflow === 'reject') channel.rejecting.add(mailbox);
    mailbox.onClose(() => {
      channel.mailboxes.off(pattern.text, offer);
      channel.rejecting.delete(mailbox);
      if (channel.mailboxes.listenerCount(pattern.text) === 0) channel.wildcards.delete(pattern.text);
      if (channel.mailboxes.eventNames().length === 0) this.#close(name, channel);
    });
  }

  /** Throws `ERR_EVENT_OVERFLOW` where a subscriber that rejects is full. Nothing has been delivered then. */
  assertRoom(name: string, topic: readonly string[]): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || channel.rejecting.size === 0) return;
    for (const mailbox of channel.rejecting) {
      if (!mailbox.wouldReject || !matches(mailbox.options.pattern.segments, topic)) continue;
      throw createError('ERR_EVENT_OVERFLOW', `a subscriber of ${showTopic(topic.join('.'))} has no room left`, {
        details: { topic: topic.join('.'), queueLimit: mailbox.options.queueLimit },
        hint: 'publish again later, or let the subscriber drop what it cannot keep up with',
      });
    }
  }

  dispatch(name: string, event: EventEnvelope, topic: readonly string[]): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    // Chosen before anything is told, so that a report that (un)subscribes changes nothing for this event.
    const wild = channel.wildcards.size === 0 ? [] : [...channel.wildcards.values()];
    const chosen = wild.filter(({ segments }) => matches(segments, topic));
    channel.mailboxes.emit(event.topic, event);
    for (const { text } of chosen) channel.mailboxes.emit(text, event);
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
