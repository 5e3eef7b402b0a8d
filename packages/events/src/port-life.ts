import { portClosed } from './event-errors.js';
import type { Mailbox } from './mailbox.js';

export interface PortLifeOptions {
  /** Ends the port at once. */
  readonly signal: AbortSignal | undefined;
  /** Runs once, when nothing is left. */
  readonly onEnd: () => void;
}

/** From the opening of a port to its end: what it holds, and in which order that goes. */
export class PortLife {
  readonly #options: PortLifeOptions;
  readonly #ended = new AbortController();
  readonly #mailboxes = new Set<Mailbox>();
  readonly #sending = new Set<Promise<void>>();
  readonly #onSignal: () => void;
  #open = true;
  #ending: Promise<void> | undefined;

  constructor(options: PortLifeOptions) {
    this.#options = options;
    this.#onSignal = () => this.cut();
  }

  /** Heeds the signal from now on. */
  start(): void {
    const { signal } = this.#options;
    signal?.addEventListener('abort', this.#onSignal, { once: true });
    if (signal?.aborted === true) this.cut();
  }

  /** Aborts when the port has ended, drained or not. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  assertOpen(action: 'publish' | 'subscribe'): void {
    if (!this.#open) throw portClosed(action);
  }

  /** Lets nothing new in. */
  refuse(): void {
    this.#open = false;
  }

  /** Ends the mailbox with the port, and with its own signal. */
  hold(mailbox: Mailbox, signal: AbortSignal | undefined): void {
    this.#mailboxes.add(mailbox);
    const onAbort = (): void => mailbox.close();
    mailbox.onClose(() => {
      this.#mailboxes.delete(mailbox);
      signal?.removeEventListener('abort', onAbort);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) mailbox.close();
  }

  /** Waits until the transport has taken an event, or the port has ended; the end of the port rejects. */
  async track(sent: Promise<void>): Promise<void> {
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const onEnd = (): void => reject(this.#ended.signal.reason);
    this.#ended.signal.addEventListener('abort', onEnd, { once: true });
    const settled = Promise.race([sent, ended]);
    const quiet = settled.catch(() => undefined);
    this.#sending.add(quiet);
    try {
      await settled;
    } finally {
      this.#sending.delete(quiet);
      this.#ended.signal.removeEventListener('abort', onEnd);
    }
  }

  /** Resolves when the transport has taken, or refused, all that was published. */
  async sent(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Refuses what is new, delivers what waits until it is late, and drops the rest. */
  end(late: Promise<void>): Promise<void> {
    this.refuse();
    this.#ending ??= this.#drain(late);
    return this.#ending;
  }

  /** Ends now; what waits is dropped. */
  cut(): void {
    this.refuse();
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    for (const mailbox of this.#mailboxes) mailbox.close();
    this.#options.signal?.removeEventListener('abort', this.#onSignal);
    this.#options.onEnd();
  }

  async #drain(late: Promise<void>): Promise<void> {
    if (!this.#ended.signal.aborted) await Promise.race([this.#handOver(), late, aborted(this.#ended.signal)]);
    this.cut();
  }

  async #handOver(): Promise<void> {
    await this.sent();
    await Promise.all([...this.#mailboxes].map((mailbox) => mailbox.finish()));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
