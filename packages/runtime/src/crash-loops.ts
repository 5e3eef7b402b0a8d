import { createError } from '@kb-labs/contracts';
import type { Clock, SandboxOutcome } from '@kb-labs/contracts';

/** When a handler that keeps crashing is given up for a while. */
export interface CrashLoopLimits {
  /** Crashes of a handler while nothing of its plugin has worked. */
  readonly crashes: number;
  /** Milliseconds in which they happen, and for which the handler is refused after the last of them. */
  readonly windowMs: number;
}

/** A handler that has crashed since anything of its plugin worked. */
export interface CrashLoop {
  readonly pluginId: string;
  readonly version: string;
  /** As it is written: `./file.js#export`. */
  readonly handler: string;
  /** In the window before the latest of them. */
  readonly crashes: number;
  /** Milliseconds for which it is refused (`ERR_CRASH_LOOP`); 0 where it may run. */
  readonly retryAfterMs: number;
}

/** What a host sees of crash loops, and how it ends one. */
export interface CrashLoops {
  list(): readonly CrashLoop[];
  /** Forgets the crashes of one plugin, or of all. Returns how many handlers were refused until now. */
  reset(pluginId?: string): number;
}

/** Whose handler runs. */
export interface CrashingHandler extends Pick<CrashLoop, 'pluginId' | 'version' | 'handler'> {
  /** The real folder of the plugin: another copy of it is another plugin. */
  readonly root: string;
}

/** Refuses what keeps crashing, and is told how runs ended. */
export interface CrashWatch extends CrashLoops {
  /** Throws `ERR_CRASH_LOOP`, with the time that is left. */
  assertMayRun(handler: CrashingHandler): void;
  /** Takes how a run ended that reached its guest. */
  ended(handler: CrashingHandler, outcome: SandboxOutcome): void;
}

interface Entry {
  readonly handler: CrashingHandler;
  /** Monotonic, the latest `limits.crashes` of them. */
  readonly crashedAt: readonly number[];
  readonly refusedUntil: number;
}

/** Handlers whose crashes are remembered: the one that crashed longest ago is forgotten first. */
const MOST_HANDLERS = 1000;
/** Sent from outside: by whoever looks after the machine, or by a kernel without memory. A guest cannot send them to itself. */
const SIGNALS_FROM_OUTSIDE: ReadonlySet<unknown> = new Set(['SIGKILL', 'SIGTERM']);

/** Remembers crashes for one runtime. `false`: no handler is ever refused. */
export function createCrashWatch(limits: CrashLoopLimits | false, clock: Clock): CrashWatch {
  return limits === false ? NEVER : new Watch(limits, clock);
}

const NEVER: CrashWatch = Object.freeze({
  assertMayRun: () => undefined,
  ended: () => undefined,
  list: () => [],
  reset: () => 0,
});

class Watch implements CrashWatch {
  readonly #limits: CrashLoopLimits;
  readonly #clock: Clock;
  // The order of the map is the order of the last crashes.
  readonly #entries = new Map<string, Entry>();

  constructor(limits: CrashLoopLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  assertMayRun(handler: CrashingHandler): void {
    const entry = this.#entries.get(keyOf(handler));
    const left = entry === undefined ? 0 : this.#timeLeft(entry);
    if (entry !== undefined && left > 0) throw crashLoop(entry, { ...this.#limits, retryAfterMs: left });
  }

  ended(handler: CrashingHandler, outcome: SandboxOutcome): void {
    if (isCrash(outcome)) return this.#note(handler);
    if (!hasAnswered(outcome)) return;
    for (const [key, entry] of this.#entries) {
      // One that is refused stays so: what works is another handler.
      if (isSamePlugin(entry.handler, handler) && this.#timeLeft(entry) === 0) this.#entries.delete(key);
    }
  }

  list(): readonly CrashLoop[] {
    return [...this.#entries.values()].map((entry) => {
      const { pluginId, version, handler } = entry.handler;
      const crashes = entry.crashedAt.length;
      return Object.freeze({ pluginId, version, handler, crashes, retryAfterMs: this.#timeLeft(entry) });
    });
  }

  reset(pluginId?: string): number {
    const found = [...this.#entries].filter(([, { handler }]) => (pluginId ?? handler.pluginId) === handler.pluginId);
    for (const [key] of found) this.#entries.delete(key);
    return found.filter(([, entry]) => this.#timeLeft(entry) > 0).length;
  }

  #note(handler: CrashingHandler): void {
    const { crashes, windowMs } = this.#limits;
    const now = this.#clock.monotonic();
    const key = keyOf(handler);
    const before = this.#entries.get(key);
    const recent = (before?.crashedAt ?? []).filter((time) => now - time <= windowMs);
    const crashedAt = [...recent, now].slice(-crashes);
    // Whoever was let in again after the wait has shown nothing yet: its next crash is enough.
    const isLoop = crashedAt.length >= crashes || (before !== undefined && before.refusedUntil > 0);
    this.#entries.delete(key);
    this.#entries.set(key, { handler, crashedAt, refusedUntil: isLoop ? now + windowMs : 0 });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_HANDLERS) break;
      this.#entries.delete(oldest);
    }
  }

  #timeLeft({ refusedUntil }: Entry): number {
    return Math.max(0, Math.ceil(refusedUntil - this.#clock.monotonic()));
  }
}

function keyOf({ pluginId, version, root, handler }: CrashingHandler): string {
  return JSON.stringify([pluginId, version, root, handler]);
}

function isSamePlugin(one: CrashingHandler, other: CrashingHandler): boolean {
  return one.pluginId === other.pluginId && one.version === other.version && one.root === other.root;
}

/** Time limits, aborts and quotas are ends that any handler may have. */
function isCrash(outcome: SandboxOutcome): boolean {
  if (outcome.ok || outcome.error.code !== 'ERR_SANDBOX_CRASHED') return false;
  return !SIGNALS_FROM_OUTSIDE.has(outcome.error.details['signal']);
}

/** An error of the handler's own is an answer as well: its process was there to tell it. */
function hasAnswered(outcome: SandboxOutcome): boolean {
  return outcome.ok || outcome.guestError !== undefined;
}

function crashLoop(
  { handler: { pluginId, version, handler }, crashedAt }: Entry,
  facts: CrashLoopLimits & { readonly retryAfterMs: number },
): Error {
  const crashes = crashedAt.length;
  return createError(
    'ERR_CRASH_LOOP',
    `${handler} of ${pluginId} ${version} crashed its sandbox ${crashes} times, and is refused for another ${facts.retryAfterMs} ms`,
    {
      details: { pluginId, version, handler, crashes, windowMs: facts.windowMs, retryAfterMs: facts.retryAfterMs },
      hint: 'look at the details of its ERR_SANDBOX_CRASHED; then wait, or call crashLoops.reset() of the runtime',
    },
  );
}
