/** Somebody else's way to run a function, ready to be called. */
export interface Peer extends AsyncDisposable {
  /** Runs the trivial handler on `input` and gives what it returned. */
  call(input: unknown): Promise<unknown>;
}
