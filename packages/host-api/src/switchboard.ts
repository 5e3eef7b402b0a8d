import { createError, isPluginError } from '@kb-labs/contracts';
import type { QuotaMeter } from '@kb-labs/contracts';
import { createRunOverError } from './host-function.js';
import type { HostFunction } from './host-function.js';

/** What ends one call, and the span that it is in a trace: 16 lower-case hex digits, for who hands the trace on. */
export interface HostCallOptions {
  readonly signal: AbortSignal;
  readonly spanId?: string;
}

/** Puts calls through to functions, counts them, and can be closed. */
export interface Switchboard {
  /** Charges `maxHostCalls` first, also for a name that is not there. Rejects with a `PluginError`, never with anything else. */
  call(name: string, args: readonly unknown[], options: HostCallOptions): Promise<unknown>;
  callsByName(): Readonly<Record<string, number>>;
  /** From now on every call is refused, and those under way are told to stop. */
  close(): void;
  /** Resolves when it is closed, and no call is under way any more. */
  settled(): Promise<void>;
}

/** Whoever listens makes an error of its own. */
const OVER = 'the run is over';

/** Makes the one place where a guest's calls arrive. */
export function createSwitchboard(meter: QuotaMeter, functions: ReadonlyMap<string, HostFunction>): Switchboard {
  const calls = new Map<string, number>();
  const idle = Promise.withResolvers<void>();
  let inFlight = 0;
  const closing = new AbortController();

  const start = (name: string, args: readonly unknown[], options: HostCallOptions): Promise<unknown> => {
    if (closing.signal.aborted) throw createRunOverError();
    meter.reserve('maxHostCalls', 1).commit();
    const run = functions.get(name);
    if (run === undefined) throw createUnknownFunctionError(name);
    calls.set(name, (calls.get(name) ?? 0) + 1);
    return run(args, { signal: options.signal, closing: closing.signal, spanId: options.spanId });
  };

  return {
    async call(name, args, options) {
      inFlight += 1;
      try {
        return await start(name, args, options);
      } catch (error) {
        throw isPluginError(error) ? error : createInternalError(name, error);
      } finally {
        inFlight -= 1;
        if (inFlight === 0 && closing.signal.aborted) idle.resolve();
      }
    },
    callsByName: () => Object.freeze(Object.fromEntries(calls)),
    close() {
      // Without a reason Node makes an error with a stack, which takes 50 µs and nobody sees.
      closing.abort(OVER);
      if (inFlight === 0) idle.resolve();
    },
    settled: () => idle.promise,
  };
}

function createInternalError(name: string, cause: unknown): Error {
  return createError('ERR_INTERNAL', `"${name}" failed inside the host`, { details: { function: name }, cause });
}

function createUnknownFunctionError(name: unknown): Error {
  const shown = typeof name === 'string' ? name.slice(0, 64) : 'a value that is no name';
  return createError(
    'ERR_PERMISSION_DENIED',
    `the host function ${typeof name === 'string' ? `"${shown}"` : shown} was not granted to this guest`,
    {
      details: { function: shown },
      hint: 'ask for the capability that brings it',
    },
  );
}
