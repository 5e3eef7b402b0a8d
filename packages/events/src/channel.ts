import type { Mailbox } from './mailbox.js';
import { matches } from './topic-pattern.js';

/** Until the next mailbox comes or goes. */
export interface ChannelState {
  isCurrent: boolean;
}

/** Which mailboxes the events of one topic go to, for as long as the state of the channel is the current one. */
export interface Targets {
  readonly state: Readonly<ChannelState>;
  /** Those that may refuse a publisher. None of them is among the others. */
  readonly rejecting: readonly Mailbox[];
  readonly others: readonly Mailbox[];
}

const NONE: readonly never[] = Object.freeze([]);

/** The mailboxes of one channel, by what they are subscribed to. */
export class Channel {
  /** By topic. */
  readonly #exact = new Map<string, Set<Mailbox>>();
  readonly #wild = new Set<Mailbox>();
  readonly #rejecting = new Set<Mailbox>();
  #state: ChannelState = { isCurrent: true };

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#wild.size === 0 && this.#rejecting.size === 0;
  }

  add(mailbox: Mailbox): void {
    this.#change();
    const { pattern, bounds } = mailbox.options;
    if (bounds.overflow === 'reject') this.#rejecting.add(mailbox);
    else if (!pattern.exact) this.#wild.add(mailbox);
    else this.#exact.set(pattern.text, (this.#exact.get(pattern.text) ?? new Set()).add(mailbox));
  }

  remove(mailbox: Mailbox): void {
    this.#change();
    const { text } = mailbox.options.pattern;
    const exact = this.#exact.get(text);
    exact?.delete(mailbox);
    if (exact?.size === 0) this.#exact.delete(text);
    this.#wild.delete(mailbox);
    this.#rejecting.delete(mailbox);
  }

  /** Looks at every mailbox whose pattern has a wildcard, and every one that may refuse. */
  find(topic: string, segments: readonly string[]): Targets {
    const isMatch = ({ options }: Mailbox): boolean => matches(options.pattern.segments, segments);
    const wild = this.#wild.size === 0 ? NONE : [...this.#wild].filter(isMatch);
    const rejecting = this.#rejecting.size === 0 ? NONE : [...this.#rejecting].filter(isMatch);
    return { state: this.#state, rejecting, others: [...(this.#exact.get(topic) ?? NONE), ...wild] };
  }

  #change(): void {
    this.#state.isCurrent = false;
    this.#state = { isCurrent: true };
  }
}
