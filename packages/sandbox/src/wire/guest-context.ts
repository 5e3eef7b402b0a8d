import type { GuestLog, HandlerContext, LogLevel } from '@kb-labs/contracts';
import { createCallTracker } from './call-tracker.js';
import type { CallTracker } from './call-tracker.js';
import { createGuestFetch } from './guest-fetch.js';
import type { GuestPort } from './guest-port.js';

/** What a run lends its handler: names of host functions, granted variables, and the signal that ends it. */
export interface GuestContextOptions {
  readonly api: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The `ctx` of one run, and what only the guest's own side may do with it. */
export interface GuestContext {
  readonly ctx: HandlerContext;
  /** Runs what the handler registered, last first. Resolves when all have settled; a cleanup that throws is logged as a warning. */
  cleanUp(): Promise<void>;
  /** From now on a host call that fails is no unhandled rejection, for its handler may be past waiting for it. */
  quiet(): void;
}

type GuestFunction = (...args: readonly unknown[]) => Promise<unknown>;

/** Builds the `ctx` of one run out of the functions that the host lends: a function that is not lent is not there. */
export function createGuestContext(port: GuestPort, options: GuestContextOptions): GuestContext {
  const cleanups: (() => unknown)[] = [];
  const calls = createCallTracker();
  const ctx: Record<string, unknown> & Pick<HandlerContext, 'signal' | 'log' | 'progress' | 'onCleanup'> = {
    signal: options.signal,
    log: createGuestLog(port),
    progress: (message, fraction) => {
      const known = typeof fraction === 'number' && fraction >= 0 && fraction <= 1 ? fraction : undefined;
      port.progress(String(message), known);
    },
    onCleanup: (cleanup) => {
      if (typeof cleanup !== 'function') throw new TypeError('onCleanup takes a function');
      cleanups.push(() => Reflect.apply(cleanup, undefined, []));
    },
  };
  for (const [group, functions] of groupFunctions(options.api)) {
    if (group === 'net') ctx['fetch'] = lendFetch(port, calls);
    else if (group === 'env') ctx['env'] = Object.freeze({ ...options.env });
    else ctx[group] = Object.freeze(lendFunctions({ port, calls, group, names: functions }));
  }
  // The members are those of HandlerContext by construction; what is optional there depends on `api`.
  return {
    ctx: Object.freeze(ctx) as HandlerContext,
    cleanUp: () => runCleanups(cleanups, port),
    quiet: () => calls.quiet(),
  };
}

function createGuestLog(port: GuestPort): GuestLog {
  const write =
    (level: LogLevel) =>
    (text: unknown, fields?: Readonly<Record<string, unknown>>): void =>
      port.log(level, String(text), fields ?? {});
  return Object.freeze({
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  });
}

function groupFunctions(api: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of api) {
    const dot = name.indexOf('.');
    const group = name.slice(0, dot);
    groups.set(group, [...(groups.get(group) ?? []), name.slice(dot + 1)]);
  }
  return groups;
}

interface LendOptions {
  readonly port: GuestPort;
  readonly calls: CallTracker;
  readonly group: string;
  readonly names: readonly string[];
}

function lendFunctions({ port, calls, group, names }: LendOptions): Record<string, GuestFunction> {
  const lent: Record<string, GuestFunction> = {};
  for (const name of names) {
    lent[name] = (...args) =>
      calls.track(async () => {
        const { sent, signal } = takeSignal(args);
        signal?.throwIfAborted();
        return await port.call(`${group}.${name}`, sent, signal);
      });
  }
  return lent;
}

function lendFetch(port: GuestPort, calls: CallTracker): typeof globalThis.fetch {
  const fetch = createGuestFetch(port);
  return (input, init) => calls.track(() => fetch(input, init));
}

/** An `AbortSignal` in the last argument stays here: the wire carries the abort itself. */
function takeSignal(args: readonly unknown[]): {
  readonly sent: readonly unknown[];
  readonly signal: AbortSignal | undefined;
} {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !Object.hasOwn(last, 'signal'))
    return { sent: args, signal: undefined };
  const { signal, ...rest } = last as { readonly signal: unknown };
  if (!(signal instanceof AbortSignal)) return { sent: args, signal: undefined };
  return { sent: [...args.slice(0, -1), rest], signal };
}

async function runCleanups(cleanups: (() => unknown)[], port: GuestPort): Promise<void> {
  while (cleanups.length > 0) {
    const cleanup = cleanups.pop();
    try {
      await cleanup?.();
    } catch (error) {
      port.log('warn', 'a cleanup failed', { message: error instanceof Error ? error.message : 'no error' });
    }
  }
}
