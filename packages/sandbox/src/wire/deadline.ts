import type { PluginError } from '@kb-labs/contracts';
import { abortError } from './abort-error.js';
import { armTimer } from './waiting.js';

/**
 * Rings once, with the milliseconds that have passed, when what came in until then has been read: a host that stood still, or was busy, finds
 * answers that came in time beside late timers. Returns what calls it off. It holds the process until then, or is told not to.
 */
export function armDeadline(ms: number, ring: (elapsedMs: number) => void, holds = true): () => void {
  const begun = performance.now();
  let unread: NodeJS.Immediate | undefined;
  const wait = (): void => {
    unread = setImmediate(() => ring(Math.round(performance.now() - begun)));
  };
  const stop = armTimer(ms, wait, holds);
  return () => {
    stop();
    clearImmediate(unread);
  };
}

/** Calls back once when the signal aborts, at once if it has. Returns what takes the listener away. */
export function onAbort(signal: AbortSignal, abort: (error: PluginError) => void): () => void {
  const listener = (): void => abort(abortError(signal));
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
