import type { GuestLog, HandlerContext } from '@kb-labs/contracts';
import { createCallTracker } from './call-tracker.js';
import type { CallTracker } from './call-tracker.js';
import { createGuestAnalytics } from './guest-analytics.js';
import { createGuestArtifacts } from './guest-artifacts.js';
import { describeThrown } from './guest-error.js';
import { createGuestEvents } from './guest-events.js';
import { createGuestFetch } from './guest-fetch.js';
import { createGuestInvoke } from './guest-invoke.js';
import type { GuestPort } from './guest-port.js';
import { lendFunctions } from './lent-functions.js';
import type { Lender } from './lent-functions.js';

/** What a run lends its handler: names of host functions, granted variables, and the signal that ends it. */
export interface GuestContextOptions {
  readonly api: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A function is asked for it once the handler asks for it. */
  readonly signal: AbortSignal | (() => AbortSignal);
}

/** The `ctx` of one run, and what only the guest's own side may do with it. */
export interface GuestContext {
  readonly ctx: HandlerContext;
  /** Whether there is anything to clean up. */
  hasCleanups(): boolean;
  /** Runs what the handler registered, last first. Resolves when all have settled; a cleanup that throws is logged as a warning. */
  cleanUp(): Promise<void>;
  /** The run is over: subscriptions end, and a host call that fails is no unhandled rejection, for nobody may wait for it any more. */
  end(): void;
}

/** Builds the `ctx` of one run out of the functions that the host lends: a function that is not lent is not there. */
export function createGuestContext(port: GuestPort, options: GuestContextOptions): GuestContext {
  return new Context(port, options);
}

class Context implements GuestContext {
  readonly ctx: HandlerContext;
  readonly #port: GuestPort;
  /** `undefined` where there are none. */
  #cleanups: (() => unknown)[] | undefined;
  #calls: CallTracker | undefined;
  #endEvents: (() => void) | undefined;

  constructor(port: GuestPort, options: GuestContextOptions) {
    this.#port = port;
    const { signal } = options;
    const basics: Basics = {
      signal: typeof signal === 'function' ? undefined : signal,
      log: createGuestLog(port),
      progress: (message, fraction) => {
        const known = typeof fraction === 'number' && fraction >= 0 && fraction <= 1 ? fraction : undefined;
        port.progress(String(message), known);
      },
      onCleanup: (cleanup) => {
        if (typeof cleanup !== 'function') throw new TypeError('onCleanup takes a function');
        (this.#cleanups ??= []).push(() => Reflect.apply(cleanup, undefined, []));
      },
    };
    if (typeof signal === 'function') Object.defineProperty(basics, 'signal', { get: signal, enumerable: true });
    const whole = options.api.length === 0 ? basics : this.#lend(basics, options);
    // The members are those of HandlerContext by construction; what is optional there depends on `api`.
    this.ctx = Object.freeze(whole) as HandlerContext;
  }

  hasCleanups(): boolean {
    return this.#cleanups !== undefined && this.#cleanups.length > 0;
  }

  async cleanUp(): Promise<void> {
    if (this.#cleanups !== undefined) await runCleanups(this.#cleanups, this.#port);
  }

  end(): void {
    this.#calls?.quiet();
    this.#endEvents?.();
  }

  #lend(basics: Basics, options: GuestContextOptions): Basics {
    const calls = createCallTracker();
    const { members, endEvents } = lendMembers({ port: this.#port, calls }, options);
    this.#calls = calls;
    this.#endEvents = endEvents;
    return Object.assign(basics, members);
  }
}

interface Basics extends Pick<HandlerContext, 'log' | 'progress' | 'onCleanup'> {
  readonly signal: AbortSignal | undefined;
}

interface LentMembers {
  readonly members: Readonly<Record<string, unknown>>;
  readonly endEvents: () => void;
}

function lendMembers(lender: Lender, { api, env }: GuestContextOptions): LentMembers {
  const members: Record<string, unknown> = {};
  let endEvents = (): void => undefined;
  for (const [group, names] of groupFunctions(api)) {
    switch (group) {
      case 'net':
        members['fetch'] = lendFetch(lender);
        break;
      case 'env':
        members['env'] = Object.freeze({ ...env });
        break;
      case 'artifacts':
        members['artifacts'] = createGuestArtifacts(lender, names);
        break;
      case 'events':
        ({ events: members['events'], end: endEvents } = createGuestEvents(lender, names));
        break;
      case 'analytics':
        if (names.includes('track')) members['analytics'] = createGuestAnalytics(lender.port);
        break;
      case 'invoke':
        if (names.includes('call')) members['invoke'] = createGuestInvoke(lender);
        break;
      default:
        members[group] = Object.freeze(lendFunctions(lender, group, names));
    }
  }
  return { members, endEvents };
}

function createGuestLog(port: GuestPort): GuestLog {
  return Object.freeze({
    trace: (text: unknown, fields?: unknown) => port.log('trace', String(text), fields),
    debug: (text: unknown, fields?: unknown) => port.log('debug', String(text), fields),
    info: (text: unknown, fields?: unknown) => port.log('info', String(text), fields),
    warn: (text: unknown, fields?: unknown) => port.log('warn', String(text), fields),
    error: (text: unknown, fields?: unknown) => port.log('error', String(text), fields),
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

function lendFetch({ port, calls }: Lender): typeof globalThis.fetch {
  const fetch = createGuestFetch(port);
  return (input, init) => calls.track(() => fetch(input, init));
}

async function runCleanups(cleanups: (() => unknown)[], port: GuestPort): Promise<void> {
  while (cleanups.length > 0) {
    const cleanup = cleanups.pop();
    try {
      await cleanup?.();
    } catch (error) {
      port.log('warn', 'a cleanup failed', { message: describeThrown(error, '').message });
    }
  }
}
