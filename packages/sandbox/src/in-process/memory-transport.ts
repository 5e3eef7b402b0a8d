import type { WireTransport } from '../wire/transport.js';

/** Two ends of a channel inside one process. Frames arrive in order, each in a microtask of its own, and none after `close`. */
export function connectInMemory(): { readonly host: WireTransport; readonly guest: WireTransport } {
  const receivers = new Map<'host' | 'guest', (bytes: Uint8Array) => void>();
  let open = true;
  const end = (side: 'host' | 'guest', other: 'host' | 'guest'): WireTransport => ({
    send(frame) {
      queueMicrotask(() => {
        if (open) receivers.get(other)?.(frame);
      });
    },
    sendsViews: true,
    receive(onBytes) {
      receivers.set(side, onBytes);
    },
    pendingBytes: () => 0,
    close() {
      open = false;
    },
  });
  return { host: end('host', 'guest'), guest: end('guest', 'host') };
}
