/** Quotas that a sandbox enforces on the guest as a whole. */
export type SandboxQuotaName =
  | 'timeoutMs'
  | 'startTimeoutMs'
  | 'cpuMs'
  | 'memoryMb'
  | 'maxOutputBytes'
  | 'maxResultBytes'
  | 'maxInFlight';

/** Quotas that the runtime enforces before a sandbox is asked for. */
export type AdmissionQuotaName = 'queueTimeoutMs' | 'maxConcurrency';

/** Quotas that are counted call by call. */
export type MeteredQuotaName =
  | 'maxHostCalls'
  | 'maxBytesRead'
  | 'maxBytesWritten'
  | 'maxEntriesRead'
  | 'maxEntriesWritten'
  | 'maxFetches'
  | 'maxBytesFetched'
  | 'maxBytesSent'
  | 'maxArtifacts'
  | 'maxArtifactBytes'
  | 'maxEvents'
  | 'maxInvokes'
  | 'maxCommands';

/** How deep invocations of other plugins may go below this one: 1 lets it invoke, and what it invokes no more. */
export type ChainQuotaName = 'maxInvokeDepth';

/** Every quota there is. Each one is enforced; an unknown name is `ERR_CONFIG_INVALID`. */
export type QuotaName = SandboxQuotaName | AdmissionQuotaName | MeteredQuotaName | ChainQuotaName;

/** Limits as written in a manifest or a grant. The smaller of the two holds. */
export type QuotaSpec = { readonly [Name in QuotaName]?: number };

/** Limits in force: every name has a number. Times in milliseconds, sizes in bytes, `memoryMb` in MiB. */
export type EffectiveQuotas = Readonly<Record<QuotaName, number>>;

/** Counts what one execution uses. Reserve before acting, commit what was really used, give back what was not. */
export interface QuotaMeter {
  /** Throws `ERR_QUOTA_EXCEEDED` (name, use, limit) and changes nothing if the amount does not fit. */
  reserve(name: MeteredQuotaName, amount: number): QuotaReservation;
  /** What is committed or reserved at this moment. */
  used(name: MeteredQuotaName): number;
  readonly limits: EffectiveQuotas;
}

/** A part of a quota that is held. Settles once: the second `commit` or `giveBack` does nothing. */
export interface QuotaReservation {
  /** Keeps `actual` (default: all that was reserved, and never more) and returns the rest. */
  commit(actual?: number): void;
  giveBack(): void;
}
