import inspector from 'node:inspector';

/** Counts what a guest may do to the host's process itself. */
export interface SignalWatch extends Disposable {
  /** What has reached the host, or `undefined`. */
  harm(): string | undefined;
}

/** A signal that ends nobody who does not listen to it: the attacks send it to the host, and may send it to everyone. */
const HARMLESS = 'SIGWINCH';

/** Listens until it is disposed. Closes an inspector that a guest has opened. */
export function watchSignals(): SignalWatch {
  const wasOpen = inspector.url() !== undefined;
  let signals = 0;
  const count = (): void => {
    signals += 1;
  };
  process.on(HARMLESS, count);
  return {
    harm() {
      if (signals > 0) return `the host was sent ${signals} signals`;
      return !wasOpen && inspector.url() !== undefined ? "the host's inspector was opened" : undefined;
    },
    [Symbol.dispose]() {
      process.removeListener(HARMLESS, count);
      if (!wasOpen && inspector.url() !== undefined) inspector.close();
    },
  };
}
