import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** `ERR_ABORTED` with what the caller gave as the reason, as far as that can be read. */
export function abortError(signal: Pick<AbortSignal, 'reason'>): PluginError {
  return createError('ERR_ABORTED', `the run was aborted: ${describeReason(signal.reason)}`);
}

function describeReason(reason: unknown): string {
  try {
    const text = reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : 'by its caller';
    return text.slice(0, 512);
  } catch {
    // A reason may be a proxy that throws; the abort stands without it.
    return 'by its caller';
  }
}
