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
  /** The real folder of the plugin: what tells apart plugins that have no manifest, and so no id of their own. */
  readonly root: string;
  /** As it is written: `./file.js#export`. */
  readonly handler: string;
  /** In the window before the latest of them. */
  readonly crashes: number;
  /** Whether a run of it now would end with `ERR_CRASH_LOOP`. */
  readonly refused: boolean;
  /** Milliseconds for which it is refused; 0 where it may run. */
  readonly retryAfterMs: number;
}

/** What a host sees of crash loops, and how it ends one. */
export interface CrashLoops {
  /** Those that are refused, and those that may come to it. */
  list(): readonly CrashLoop[];
  /** Forgets the crashes of one plugin, or of all. Returns how many handlers were refused until now. */
  reset(pluginId?: string): number;
}

/** Whose handler runs. Another copy of a plugin is another plugin. */
export type CrashingHandler = Pick<CrashLoop, 'pluginId' | 'version' | 'root' | 'handler'>;

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

/** Handlers whose crashes are remembered: of one plugin, and of all. */
const MOST_OF_PLUGIN = 50;
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
    if (this.#entries.size === 0) return;
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
      const { pluginId, version, root, handler } = entry.handler;
      const crashes = entry.crashedAt.length;
      const retryAfterMs = this.#timeLeft(entry);
      return Object.freeze({ pluginId, version, root, handler, crashes, refused: retryAfterMs > 0, retryAfterMs });
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
    this.#makeRoom(key, handler);
  }

  /** A plugin pays for its own crashes first. Those of others are forgotten last, and what is refused after what is not. */
  #makeRoom(newest: string, handler: CrashingHandler): void {
    const others = [...this.#entries].filter(([key]) => key !== newest);
    const own = others.filter(([, entry]) => isSamePlugin(entry.handler, handler));
    const isFull = this.#entries.size > MOST_HANDLERS;
    if (own.length < MOST_OF_PLUGIN && !isFull) return;
    const candidates = own.length > 0 ? own : others;
    const victim = candidates.find(([, entry]) => this.#timeLeft(entry) === 0) ?? candidates[0];
    if (victim !== undefined) this.#entries.delete(victim[0]);
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
    `${handler} of ${pluginId} ${version} crashed its sandbox ${counted(crashes, 'time')}, and is refused for another ${inWords(facts.retryAfterMs)}`,
    {
      details: { pluginId, version, handler, crashes, windowMs: facts.windowMs, retryAfterMs: facts.retryAfterMs },
      hint: `look at the logs and details of a run that ended with ERR_SANDBOX_CRASHED; then wait, or call crashLoops.reset('${pluginId}') of a runtime made with createRuntime (the free execute() offers none)`,
    },
  );
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? counted(seconds, 'second') : counted(Math.ceil(seconds / 60), 'minute');
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
