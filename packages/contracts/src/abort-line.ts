/** Tells that something is over without the price of an `AbortSignal`, which takes longer to listen to than a short run takes in all. */
export interface AbortLine {
  readonly aborted: boolean;
  /** What it was ended for; `undefined` before. */
  readonly reason: unknown;
  /** Calls back once, when it ends; never where it has ended already. Returns what takes the listener off. */
  onAbort(listener: () => void): () => void;
}

/**
 * Under this key a plan or a call of the runtime has the line that its `signal` follows. An adapter may listen there instead, where it finds
 * one; registered, so that two copies of this package know each other's.
 */
export const ABORT_LINE: unique symbol = Symbol.for('@kb-labs/contracts/abort-line');

/** The line of a plan or call; `undefined` where it has a signal alone. */
export function abortLineOf(owner: object): AbortLine | undefined {
  const line: unknown = Reflect.get(owner, ABORT_LINE);
  // Only the runtime knows the key, and puts nothing else there.
  return line as AbortLine | undefined;
}
