import type { CallTracker } from './call-tracker.js';
import type { GuestPort } from './guest-port.js';

/** One host function as a handler sees it. */
export type GuestFunction = (...args: readonly unknown[]) => Promise<unknown>;

/** What the members of `ctx` are made of: the way to the host, and who remembers what is open. */
export interface Lender {
  readonly port: GuestPort;
  readonly calls: CallTracker;
}

/** A host function under its own name. An `AbortSignal` in its last argument stays here: the wire carries the abort itself. */
function lendFunction({ port, calls }: Lender, name: string): GuestFunction {
  return (...args) =>
    calls.track(async () => {
      const { sent, signal } = takeSignal(args);
      signal?.throwIfAborted();
      return await port.call(name, sent, signal);
    });
}

/** Several functions of one group. */
export function lendFunctions(lender: Lender, group: string, names: readonly string[]): Record<string, GuestFunction> {
  const lent: Record<string, GuestFunction> = {};
  for (const name of names) lent[name] = lendFunction(lender, `${group}.${name}`);
  return lent;
}

/** The arguments as they are sent, and the signal that was in the last one. Options that hold nothing else are left out. */
export function takeSignal(args: readonly unknown[]): {
  readonly sent: readonly unknown[];
  readonly signal: AbortSignal | undefined;
} {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !Object.hasOwn(last, 'signal'))
    return { sent: args, signal: undefined };
  const { signal, ...rest } = last as { readonly signal: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) return { sent: args, signal: undefined };
  const before = args.slice(0, -1);
  const isAlone = signal !== undefined && Object.keys(rest).length === 0;
  return { sent: isAlone ? before : [...before, rest], signal };
}
