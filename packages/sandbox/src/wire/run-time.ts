import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits } from '@kb-labs/contracts';
import { armAmong, onCallAbort } from './deadline.js';
import type { Deadlines } from './deadlines.js';

/** Tells a run to stop when its time is up (`ERR_TIMEOUT`), or its caller aborts it (`ERR_ABORTED`). Returns what calls it off. */
export function watchTime({ call, deadlines, limits }: RunTime, stop: (error: PluginError) => void): () => void {
  const { timeoutMs } = limits;
  const disarm = armAmong(deadlines, timeoutMs, (elapsedMs) => stop(timeout(elapsedMs, timeoutMs)));
  const unlisten = onCallAbort(call, stop);
  return () => {
    disarm();
    unlisten();
  };
}

/** What a run may take, and who may call it off. */
export interface RunTime {
  readonly call: { readonly signal: AbortSignal };
  readonly deadlines: Deadlines;
  readonly limits: SandboxLimits;
}

/** The error of a run whose time is up. */
export function timeout(elapsedMs: number, limitMs: number): PluginError {
  return createError('ERR_TIMEOUT', `the handler ran longer than ${limitMs} ms`, {
    details: { elapsedMs, limitMs },
    hint: 'do less in one call, or raise timeoutMs where it is the smallest: of the request, or in quotas of the grant or the manifest',
  });
}
