/** An address that a name has, in the form that the resolver gives. */
export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Turns a host name into all its addresses. Rejects with an error that has a `code` (`ENOTFOUND`). */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;
