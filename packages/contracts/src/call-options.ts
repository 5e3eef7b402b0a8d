/** What every call to the host takes. An aborted call rejects; what it has done by then stays done. */
export interface GuestCallOptions {
  readonly signal?: AbortSignal;
}
