import type { EffectiveQuotas } from './quotas.js';

const MIB = 1024 * 1024;

/** The limits of a host that sets none. Times in milliseconds, sizes in bytes, `memoryMb` in MiB. */
export const DEFAULT_QUOTAS: EffectiveQuotas = Object.freeze({
  timeoutMs: 30_000,
  startTimeoutMs: 10_000,
  queueTimeoutMs: 30_000,
  cpuMs: 30_000,
  memoryMb: 256,
  maxOutputBytes: MIB,
  maxResultBytes: 8 * MIB,
  maxInFlight: 64,
  maxConcurrency: 8,
  maxHostCalls: 10_000,
  maxBytesRead: 256 * MIB,
  maxBytesWritten: 64 * MIB,
  maxEntriesRead: 100_000,
  maxEntriesWritten: 1_000,
  maxFetches: 100,
  maxBytesFetched: 64 * MIB,
  maxBytesSent: 16 * MIB,
  maxArtifacts: 100,
  maxArtifactBytes: 64 * MIB,
  maxEvents: 10_000,
  maxInvokes: 100,
  maxCommands: 100,
  maxInvokeDepth: 4,
});
