import { Event, EventTarget } from './event-target.js';

const makers = new WeakMap<AbortSignal, (reason: unknown) => void>();

/** Tells that something is to stop. Made by an `AbortController`, or by one of its own functions. */
export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown;
  onabort: ((event: Event) => void) | null = null;

  constructor() {
    super();
    makers.set(this, (reason) => this.#abort(reason));
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
    const event = new Event('abort');
    if (this.onabort !== null) this.addEventListener('abort', this.onabort, { once: true });
    this.dispatchEvent(event);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal();
    abort(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = new AbortSignal();
    setTimeout(() => abort(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const first = all.find(({ aborted }) => aborted);
    if (first !== undefined) return AbortSignal.abort(first.reason);
    const signal = new AbortSignal();
    for (const source of all) {
      source.addEventListener('abort', () => abort(signal, source.reason), { once: true });
    }
    return signal;
  }
}

/** Holds a signal and can abort it, once. */
export class AbortController {
  readonly signal: AbortSignal = new AbortSignal();

  abort(reason?: unknown): void {
    abort(this.signal, reason);
  }
}

function abort(signal: AbortSignal, reason: unknown): void {
  makers.get(signal)?.(reason);
}
