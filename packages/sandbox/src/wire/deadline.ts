import { abortLineOf } from '@kb-labs/contracts';
import type { PluginError } from '@kb-labs/contracts';
import { abortError } from './abort-error.js';
import type { Deadlines } from './deadlines.js';
import { armTimer } from './waiting.js';

/**
 * Rings once, with the milliseconds that have passed, when what came in until then has been read: a host that stood still, or was busy, finds
 * answers that came in time beside late timers. Returns what calls it off. It holds the process until then, or is told not to.
 */
export function armDeadline(ms: number, ring: Ring, holds = true): () => void {
  return whenRead(ring, (wait) => armTimer(ms, wait, holds));
}

/** The same for one of many times that are kept together. It holds the process. */
export function armAmong(deadlines: Deadlines, ms: number, ring: Ring): () => void {
  return whenRead(ring, (wait) => {
    const deadline = deadlines.arm(ms, wait);
    return () => deadline.clear();
  });
}

type Ring = (elapsedMs: number) => void;

function whenRead(ring: Ring, arm: (wait: () => void) => () => void): () => void {
  const begun = performance.now();
  let unread: NodeJS.Immediate | undefined;
  const stop = arm(() => {
    unread = setImmediate(() => ring(Math.round(performance.now() - begun)));
  });
  return () => {
    stop();
    if (unread !== undefined) clearImmediate(unread);
  };
}

/** Calls back once when the signal aborts, at once if it has. Returns what takes the listener away. */
export function onAbort(signal: AbortSignal, abort: (error: PluginError) => void): () => void {
  const listener = (): void => abort(abortError(signal));
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** The same for a plan or a call, by the line behind its signal where it has one: to listen to a signal takes longer than many a run. */
export function onCallAbort(call: { readonly signal: AbortSignal }, abort: (error: PluginError) => void): () => void {
  const line = abortLineOf(call);
  if (line === undefined) return onAbort(call.signal, abort);
  const listener = (): void => abort(abortError(line));
  if (line.aborted) listener();
  return line.onAbort(listener);
}
