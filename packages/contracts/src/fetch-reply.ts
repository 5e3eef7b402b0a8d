/** The head of an answer, as `net.fetch` gives it to the guest's side, which makes a `Response` of it. */
export interface FetchReply {
  /** Names the body in `net.readBody` and `net.cancel`. */
  readonly id: number;
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly url: string;
  readonly redirected: boolean;
}
