/** Milliseconds. A guest that takes its time over a body is not timed: a server that does is. */
export interface FetchTimeouts {
  /** For the name to be looked up, and then for the connection to stand. */
  readonly connectMs: number;
  readonly headersMs: number;
  /** Between two pieces of a body; a body as a whole is bounded by the time of the run. */
  readonly bodyMs: number;
}
