import type { PluginError, SandboxLimits, SandboxUsage } from '@kb-labs/contracts';
import { findExceeded } from './exceeded-limits.js';
import type { Held } from './exceeded-limits.js';
import { openProcessMeter } from './process-meter.js';
import type { ProcessMeter, ProcessSample } from './process-meter.js';

/** Between two looks. A guest that fills memory as fast as it can gets about 10 MiB further in this time. */
const INTERVAL_MS = 20;
/** By so much at most the peak of a run may be that of one before it in the same guest. */
const PEAK_TOLERANCE_BYTES = 1_048_576;

type Used = Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;

/** Looks at one guest's process from outside: every 20 ms while runs are under way. Between two looks it sees nothing but the peak that the kernel keeps. */
export interface ResourceWatch {
  /**
   * A run begins. `onExceeded` comes at most once: CPU time counts from this moment, memory from the empty guest, and in a guest that had runs
   * before from this moment. Returns what ends it.
   */
  begin(limits: SandboxLimits, onExceeded: (error: PluginError) => void): () => void;
  /** The same for what is done ahead of the first run, and is no run itself. */
  beginAhead(limits: SandboxLimits, onExceeded: (error: PluginError) => void): () => void;
  /** Looks once more and tells what was used since the watch began. The peak is that since the last run began alone. */
  usage(): Used;
  /** Looks once more: what the process has used, and holds beyond the empty guest, whoever did that. */
  look(): Held | undefined;
  /** The same as it was at the last look. */
  readonly last: Held;
  stop(): void;
}

/** Watches a guest that is ready and empty. `undefined` where its process cannot be looked at. */
export function watchResources(pid: number): ResourceWatch | undefined {
  const meter = openProcessMeter(pid);
  const first = meter?.sample();
  if (meter !== undefined && first !== undefined) return new Watch(meter, first);
  meter?.close();
  return undefined;
}

/** For systems without `/proc`: nothing is told, and nothing exceeded. */
export const NO_WATCH: ResourceWatch = Object.freeze({
  begin: () => () => undefined,
  beginAhead: () => () => undefined,
  usage: () => ({ cpuMs: undefined, peakMemoryBytes: undefined }),
  look: () => undefined,
  last: Object.freeze({ cpuMs: 0, heldBytes: 0 }),
  stop: () => undefined,
});

interface WatchedRun {
  readonly limits: SandboxLimits;
  /** What counts as nothing. */
  readonly base: ProcessSample;
  readonly onExceeded: (error: PluginError) => void;
}

class Watch implements ResourceWatch {
  readonly #meter: ProcessMeter;
  readonly #empty: ProcessSample;
  readonly #runs = new Set<WatchedRun>();
  #last: ProcessSample;
  #peakBytes: number;
  #hadRuns = false;
  /** The last look was in this turn of the event loop. */
  #isFresh = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(meter: ProcessMeter, empty: ProcessSample) {
    this.#meter = meter;
    this.#empty = empty;
    this.#last = empty;
    this.#peakBytes = empty.peakBytes;
  }

  begin(limits: SandboxLimits, onExceeded: (error: PluginError) => void): () => void {
    const { cpuMs } = this.#last;
    const base = this.#hadRuns ? this.#last : { ...this.#empty, cpuMs };
    if (this.#hadRuns && this.#runs.size === 0) this.#forgetPeak();
    this.#hadRuns = true;
    return this.#watch({ limits, base, onExceeded });
  }

  beginAhead(limits: SandboxLimits, onExceeded: (error: PluginError) => void): () => void {
    return this.#watch({ limits, base: this.#empty, onExceeded });
  }

  usage(): Used {
    this.#sampleOnce();
    return {
      cpuMs: this.#last.cpuMs - this.#empty.cpuMs,
      peakMemoryBytes: Math.max(0, this.#peakBytes - this.#empty.heldBytes),
    };
  }

  look(): Held | undefined {
    return this.#sample() ? this.last : undefined;
  }

  get last(): Held {
    return { cpuMs: this.#last.cpuMs, heldBytes: Math.max(0, this.#last.heldBytes - this.#empty.heldBytes) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#runs.clear();
    this.#meter.close();
  }

  #watch(run: WatchedRun): () => void {
    this.#runs.add(run);
    this.#timer ??= setInterval(() => this.#lookAtRuns(), INTERVAL_MS).unref();
    return () => this.#end(run);
  }

  #end(run: WatchedRun): void {
    // To stop the timer and start it again takes longer than many a run; it stops by itself when it finds none.
    this.#runs.delete(run);
  }

  #lookAtRuns(): void {
    if (this.#runs.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#sample();
    const { size } = this.#runs;
    for (const run of this.#runs) {
      const exceeded = findExceeded(this.#last, run.base, run.limits, size);
      if (exceeded === undefined) continue;
      this.#end(run);
      run.onExceeded(exceeded);
    }
  }

  #forgetPeak(): void {
    // To forget takes longer than to look, and most runs of a guest that stays hold what those before held.
    if (this.#last.peakBytes - this.#last.heldBytes < PEAK_TOLERANCE_BYTES) return;
    if (this.#meter.forgetPeak()) this.#peakBytes = this.#last.heldBytes;
  }

  /** Runs that end in one turn of the event loop were told of in one piece: one look after that is for all of them. */
  #sampleOnce(): void {
    if (this.#isFresh) return;
    this.#sample();
    if (this.#runs.size < 2) return;
    this.#isFresh = true;
    process.nextTick(() => (this.#isFresh = false));
  }

  /** Whether there is something to be seen. Where not, the last look stands. */
  #sample(): boolean {
    const next = this.#meter.sample();
    if (next === undefined) return false;
    this.#last = next;
    this.#peakBytes = Math.max(this.#peakBytes, next.peakBytes);
    return true;
  }
}
