import { DEFAULT_QUOTAS } from '@kb-labs/contracts';
import type { EffectiveQuotas, MeteredQuotaName, QuotaName, QuotaSpec } from '@kb-labs/contracts';

const METERED: Readonly<Record<MeteredQuotaName, true>> = {
  maxHostCalls: true,
  maxBytesRead: true,
  maxBytesWritten: true,
  maxEntriesRead: true,
  maxEntriesWritten: true,
  maxFetches: true,
  maxBytesFetched: true,
  maxBytesSent: true,
  maxArtifacts: true,
  maxArtifactBytes: true,
  maxEvents: true,
  maxInvokes: true,
  maxCommands: true,
};

/** The largest delay of a Node timer; a longer one fires after 1 ms. */
const MAX_TIME_MS = 2 ** 31 - 1;

/** Each invocation holds the runs above it open, with a sandbox each. */
const MAX_INVOKE_DEPTH = 32;

/** Whether this is the name of a quota that is counted call by call. */
export function isMeteredQuota(name: unknown): name is MeteredQuotaName {
  return typeof name === 'string' && Object.hasOwn(METERED, name);
}

/** The names of all quotas, in a fixed order. */
export function quotaNames(): readonly QuotaName[] {
  // The type of DEFAULT_QUOTAS proves that its keys are these.
  return Object.keys(DEFAULT_QUOTAS) as QuotaName[];
}

/** The numbers that a quota may have. What is metered, and the depth, may be 0, which leaves none of it; all else is at least 1. */
export function quotaRange(name: QuotaName): { readonly min: number; readonly max: number } {
  if (name === 'maxInvokeDepth') return { min: 0, max: MAX_INVOKE_DEPTH };
  return { min: isMeteredQuota(name) ? 0 : 1, max: name.endsWith('Ms') ? MAX_TIME_MS : Number.MAX_SAFE_INTEGER };
}

/** The smaller of two limits for each name; a name that only one document has keeps that one's. */
export function smallerQuotas(one: QuotaSpec, other: QuotaSpec): QuotaSpec {
  const limits = quotaNames().flatMap((name): [QuotaName, number][] => {
    const limit = Math.min(one[name] ?? Infinity, other[name] ?? Infinity);
    return limit === Infinity ? [] : [[name, limit]];
  });
  return Object.freeze(Object.fromEntries(limits));
}

/** Fills in what a document leaves out. */
export function effectiveQuotas(spec: QuotaSpec): EffectiveQuotas {
  return Object.freeze({ ...DEFAULT_QUOTAS, ...spec });
}
