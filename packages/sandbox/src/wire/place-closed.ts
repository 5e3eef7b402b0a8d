import { createError } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';

/** The error of a run whose place was disposed of, while it was under way or before it began. */
export function placeClosed(): PluginError {
  return createError('ERR_SANDBOX_CRASHED', 'the place was closed before the run was over');
}
