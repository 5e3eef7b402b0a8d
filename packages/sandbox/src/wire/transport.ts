/** Carries bytes between the two sides: a socket pair, a message port, a pair of functions. Reliable, in order, and nothing more. */
export interface WireTransport {
  /**
   * Sends bytes, or drops them if the other side is gone. They may be kept, and never change. Must not throw. `isOwn`: nobody else has their memory, so that the
   * transport may hand it over, or free it once they have left.
   */
  send(bytes: Uint8Array, isOwn?: boolean): void;
  /**
   * Whether `send` hands over no byte but those, also where they are a view of more memory, as a stream does. A message port does not: it
   * clones all that is behind a view. Where this is false, the bytes have their memory to themselves.
   */
  readonly sendsViews: boolean;
  /**
   * Called once, before anything is sent. Bytes are the listener's only until `onBytes` returns, promise or not: the transport may free or reuse their memory
   * then, so whoever needs them later copies them. `onEnd` comes at most once, when no more bytes will. Where `onBytes` answers with a promise, the
   * receiver is busy until it resolves: a transport that can hold its sender back should do so, or what is sent piles up in the receiver.
   */
  receive(onBytes: (bytes: Uint8Array) => Promise<void> | undefined | void, onEnd: () => void): void;
  /** Bytes that were sent and have not left yet: how far behind the other side is. */
  pendingBytes(): number;
  close(): void;
}
