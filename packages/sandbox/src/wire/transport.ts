/** Carries bytes between the two sides: a socket pair, a message port, a pair of functions. Reliable, in order, and nothing more. */
export interface WireTransport {
  /** Sends one whole frame, or drops it if the other side is gone. Must not throw. */
  send(frame: Uint8Array): void;
  /** Called once, before anything is sent. `onEnd` comes at most once, when no more bytes will. */
  receive(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void;
  /** Bytes that were sent and have not left yet: how far behind the other side is. */
  pendingBytes(): number;
  close(): void;
}
