import type { EventEnvelope, EventReport, EventSender } from '@kb-labs/contracts';
import { BoundedQueue } from './bounded-queue.js';
import type { QueueBounds } from './bounded-queue.js';
import type { Parcel } from './envelope.js';
import type { TopicPattern } from './topic-pattern.js';

export interface MailboxOptions {
  readonly subscriber: EventSender;
  readonly channel: string;
  readonly pattern: TopicPattern;
  readonly bounds: QueueBounds;
  readonly report: (report: EventReport) => void;
}

/** What waits for one subscriber. Somebody else takes it out: a delivery loop, or a stream. */
export class Mailbox {
  readonly options: MailboxOptions;
  readonly #queue: BoundedQueue<Parcel>;
  readonly #onClose: (() => void)[] = [];
  #wake: () => void = () => undefined;
  #onIdle: (() => void) | undefined;
  #state: 'open' | 'finishing' | 'closed' = 'open';
  #busy = false;
  #dropped = 0;

  constructor(options: MailboxOptions) {
    this.options = options;
    this.#queue = new BoundedQueue(options.bounds);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether one more of this size would refuse its publisher, where others who share its room are promised so much. */
  wouldReject(bytes: number, promised: number): boolean {
    return this.options.bounds.overflow === 'reject' && this.#state === 'open' && !this.#queue.hasRoom(bytes, promised);
  }

  /** Names who is woken when something has come in or the mailbox has closed. */
  onWake(wake: () => void): void {
    this.#wake = wake;
  }

  /** Runs once when the mailbox closes, in the order of registration. */
  onClose(run: () => void): void {
    this.#onClose.push(run);
  }

  offer(parcel: Parcel): void {
    if (this.#state !== 'open') return;
    if (!this.#queue.tryPush(parcel)) for (const gone of this.#queue.push(parcel)) this.#drop(gone, 'overflow');
    // Who takes things out already comes back for this one.
    if (!this.#busy) this.#wake();
  }

  take(): EventEnvelope | undefined {
    const parcel = this.#queue.shift();
    if (parcel !== undefined && this.#queue.length === 0) this.#checkIdle();
    return parcel?.envelope;
  }

  /** Marks a delivery as under way, so that `finish` waits for it. */
  setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#checkIdle();
  }

  /** Takes nothing more in, and closes when what waits has been taken out and handled. */
  async finish(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    if (this.#busy || this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.close();
  }

  /** Closes now; what waits is dropped and counted. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const run of this.#onClose) run();
    for (const parcel of this.#queue.clear()) this.#drop(parcel, 'closed');
    this.#onIdle?.();
    this.#wake();
  }

  #checkIdle(): void {
    if (!this.#busy && this.#queue.length === 0) this.#onIdle?.();
  }

  #drop({ envelope: { id } }: Parcel, reason: 'overflow' | 'closed'): void {
    this.#dropped += 1;
    const { subscriber, pattern, report } = this.options;
    report({ kind: 'dropped', subscriber, pattern: pattern.text, reason, id, dropped: this.#dropped });
  }
}
