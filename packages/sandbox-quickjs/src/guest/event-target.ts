type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface ListenerOptions {
  readonly once?: boolean;
  readonly capture?: boolean;
  readonly signal?: EventTarget & { readonly aborted: boolean };
}

interface Registered {
  readonly listener: Listener;
  readonly capture: boolean;
  readonly once: boolean;
}

/** An event of https://dom.spec.whatwg.org, as far as there is no tree. */
export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly timeStamp: number = performance.now();
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  defaultPrevented = false;
  isStopped = false;

  constructor(type: string, { bubbles = false, cancelable = false }: { bubbles?: boolean; cancelable?: boolean } = {}) {
    this.type = `${type}`;
    this.bubbles = bubbles;
    this.cancelable = cancelable;
  }

  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopPropagation(): void {
    // There is no tree to go up.
  }

  stopImmediatePropagation(): void {
    this.isStopped = true;
  }
}

/** Listeners by the type of event. One that throws does not keep the others from being called. */
export class EventTarget {
  readonly #listeners = new Map<string, Registered[]>();

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return;
    const { once = false, capture = false, signal } = typeof options === 'boolean' ? { capture: options } : options;
    if (signal?.aborted === true) return;
    const known = this.#listeners.get(type) ?? [];
    if (known.some((entry) => entry.listener === listener && entry.capture === capture)) return;
    this.#listeners.set(type, [...known, { listener, capture, once }]);
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener, capture), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null, options: { capture?: boolean } | boolean = {}): void {
    const { capture = false } = typeof options === 'boolean' ? { capture: options } : options;
    const known = this.#listeners.get(type) ?? [];
    this.#listeners.set(
      type,
      known.filter((entry) => entry.listener !== listener || entry.capture !== capture),
    );
  }

  dispatchEvent(event: Event): boolean {
    event.target = this;
    event.currentTarget = this;
    for (const { listener, once, capture } of this.#listeners.get(event.type) ?? []) {
      if (event.isStopped) break;
      if (once) this.removeEventListener(event.type, listener, capture);
      try {
        if (typeof listener === 'function') Reflect.apply(listener, this, [event]);
        else listener.handleEvent(event);
      } catch (error) {
        reportError(error);
      }
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }
}

/** Throws where nobody catches: whoever runs the microtasks hears of it. */
function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
