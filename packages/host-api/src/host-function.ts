import { createError } from '@kb-labs/contracts';

/** What ends one host call, the guest's own cancel or the end of the whole run, and the span that it is in a trace. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly closing: AbortSignal;
  readonly spanId: string | undefined;
}

/** One function of the host, as a guest may call it. Arguments are decoded, unchecked data. */
export type HostFunction = (args: readonly unknown[], context: CallContext) => Promise<unknown>;

/** Functions by the name that a guest calls them by. */
export type HostFunctions = Readonly<Record<string, HostFunction>>;

/** Functions that share something that must be closed. Disposing ends what is under way, and closes it. */
export interface Room extends AsyncDisposable {
  readonly functions: HostFunctions;
}

/** Throws `ERR_PERMISSION_DENIED` once the run is over, `ERR_ABORTED` once the guest has given the call up. */
export function throwIfStopped(context: Pick<CallContext, 'signal' | 'closing'>): void {
  if (context.closing.aborted) throw createRunOverError();
  if (context.signal.aborted) throw createAbortedError();
}

/** What every call gets that comes, or is still under way, when the run ends. */
export function createRunOverError(): Error {
  return createError('ERR_PERMISSION_DENIED', 'the run is over: its host functions are closed', {
    details: { reason: 'run-over' },
    hint: 'await every host call before the handler returns',
  });
}

/** What a call gets that its own signal ended. The reason stays where it was made. */
export function createAbortedError(): Error {
  return createError('ERR_ABORTED', 'the host call was aborted by its signal');
}
