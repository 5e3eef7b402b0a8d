import { EventEmitter } from 'eventemitter3';
import { createError } from '@kb-labs/contracts';
import type { EventMessage, EventTransport } from '@kb-labs/contracts';

type Channels = Record<string, [message: EventMessage]>;

/** Carries events between the buses of this process. Accepts at once; nothing outlives it. */
export function createMemoryTransport(): EventTransport {
  const channels = new EventEmitter<Channels>();
  // What is sent while something is being handed out waits, so that all listeners see one order.
  const backlog: EventMessage[] = [];
  let handingOut = false;
  let disposed = false;
  const assertOpen = (): void => {
    if (disposed) throw createError('ERR_IO_FAILED', 'the memory transport is disposed');
  };
  return Object.freeze({
    send(message: EventMessage): void {
      assertOpen();
      if (handingOut || backlog.length > 0) backlog.push(message);
      if (handingOut) return;
      handingOut = true;
      try {
        if (backlog.length === 0) channels.emit(message.channel, message);
        for (let next = backlog.shift(); next !== undefined; next = backlog.shift()) channels.emit(next.channel, next);
      } finally {
        handingOut = false;
      }
    },
    listen(channel: string, deliver: (message: EventMessage) => void): Disposable {
      assertOpen();
      // A function of its own, so that two listens with one `deliver` end apart.
      const listener = (message: EventMessage): void => deliver(message);
      channels.on(channel, listener);
      return { [Symbol.dispose]: () => void channels.off(channel, listener) };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      disposed = true;
      channels.removeAllListeners();
    },
  });
}
