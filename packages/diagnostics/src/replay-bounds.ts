import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import type { SandboxLimits } from '@kb-labs/contracts';

/** What a quota is where the record has none, and the most that a record may ask for: a file decides about it. */
const QUOTAS = {
  timeoutMs: [30_000, 3_600_000],
  startTimeoutMs: [10_000, 60_000],
  cpuMs: [30_000, 3_600_000],
  memoryMb: [256, 4096],
  maxOutputBytes: [1_048_576, 67_108_864],
  maxResultBytes: [16_777_216, 268_435_456],
  maxInFlight: [64, 4096],
} as const;

const GRACE_MS = 500;

/** What of the guest's own is bounded, in the same way as then where that is within reason. */
export function replayLimits(quotas: Readonly<Record<string, number>>, timeoutMs: number | undefined): SandboxLimits {
  const of = (name: keyof typeof QUOTAS): number => {
    const [fallback, most] = QUOTAS[name];
    const recorded = Object.hasOwn(quotas, name) ? quotas[name] : undefined;
    return recorded === undefined ? fallback : Math.min(Math.max(1, Math.trunc(recorded)), most);
  };
  return {
    timeoutMs: timeoutMs ?? of('timeoutMs'),
    startTimeoutMs: of('startTimeoutMs'),
    cpuMs: of('cpuMs'),
    memoryMb: of('memoryMb'),
    maxOutputBytes: of('maxOutputBytes'),
    maxResultBytes: of('maxResultBytes'),
    maxInFlight: of('maxInFlight'),
    graceMs: GRACE_MS,
  };
}

/** Of the functions of a record those that there are, once each: of any other name a sandbox would make what nobody foresaw. */
export function knownFunctions(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => Object.hasOwn(HOST_FUNCTIONS, name));
}
