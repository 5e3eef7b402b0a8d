import { createError, isPluginError } from '@kb-labs/contracts';
import type { PluginError, SandboxOutcome, SandboxUsage } from '@kb-labs/contracts';

const NO_USAGE: SandboxUsage = Object.freeze({
  cpuMs: undefined,
  peakMemoryBytes: undefined,
  outputBytes: 0,
  resultBytes: 0,
  leaked: [],
});

/** What comes of a run for which no child was to be had. */
export function withoutChild(cause: unknown): SandboxOutcome {
  const error: PluginError = isPluginError(cause)
    ? cause
    : createError('ERR_INTERNAL', 'no process was to be had for the run', { cause });
  return { ok: false, error, guestError: undefined, phase: 'handler', usage: NO_USAGE };
}
