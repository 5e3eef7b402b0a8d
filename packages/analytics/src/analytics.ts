import type { ExecutionObserver, GuestAnalytics } from '@kb-labs/contracts';
import { MAX_MS, parseAnalyticsOptions } from './analytics-options.js';
import type { AnalyticsOptions, ParsedAnalyticsOptions } from './analytics-options.js';
import { ExecutionWatch } from './execution-observer.js';
import { createGuests } from './guest.js';
import type { GuestIdentity } from './guest.js';
import { Recorder } from './recorder.js';
import type { Refusal } from './recorder.js';
import type { SinkLane, SinkStats } from './sink-lane.js';

/** How long a flush may take: whichever comes first. */
export interface FlushOptions {
  /** Milliseconds. Default: `flushTimeoutMs` of the analytics. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What happened at one sink during a flush. `pending`: what has not settled in time. `lastError` is of this flush, or of none. */
export type FlushReport = Pick<SinkStats, 'sink' | 'delivered' | 'failed' | 'dropped' | 'pending' | 'lastError'>;

/** Everything since the analytics were made. */
export interface AnalyticsStats {
  readonly records: number;
  /** What became no record, by reason. */
  readonly refused: Readonly<Record<Refusal, number>>;
  /** Attributes, entries and texts that were left out of records or shortened. */
  readonly cut: number;
  /** In the order of the sinks. */
  readonly sinks: readonly SinkStats[];
}

/** Takes what happens to sinks, in the background. Disposing flushes within the deadline, then disposes of the sinks. */
export interface Analytics extends AsyncDisposable {
  /** Synchronous, never throws, waits for nobody. A name is up to 64 letters, digits, `.`, `_` and `-`, letter first; others are counted. */
  track(name: string, attributes?: Readonly<Record<string, unknown>>): void;
  /** For `createRuntime({ observers })`: one record `execution` for each run, `denial` for each refusal, and the payloads asked for. */
  observer(): ExecutionObserver;
  /** What one execution may hold: its records carry the identity given here, and are bounded by `guests`. */
  forGuest(identity: GuestIdentity): GuestAnalytics;
  /** Hands over all that waits now. Never rejects; keeps the process alive until its deadline at most. */
  flush(options?: FlushOptions): Promise<readonly FlushReport[]>;
  stats(): AnalyticsStats;
}

/** Makes analytics over these sinks. Nothing that a sink does delays, fails or is seen by whoever tracks. */
export function createAnalytics(options: AnalyticsOptions): Analytics {
  const parsed = parseAnalyticsOptions(options);
  const recorder = new Recorder(parsed);
  const forGuest = createGuests(recorder, parsed);
  let disposal: Promise<void> | undefined;
  return Object.freeze({
    track: (name, attributes) => recorder.record({ source: 'host', identity: {}, name, attributes }),
    observer: () => new ExecutionWatch(recorder, parsed),
    forGuest,
    flush: ({ timeoutMs = parsed.flushTimeoutMs, signal } = {}) => flush(recorder.lanes, deadline(timeoutMs, signal)),
    stats: () => statsOf(recorder),
    [Symbol.asyncDispose]: () => (disposal ??= dispose(recorder, parsed)),
  } satisfies Analytics);
}

async function dispose(recorder: Recorder, { flushTimeoutMs }: ParsedAnalyticsOptions): Promise<void> {
  recorder.close();
  const until = deadline(flushTimeoutMs);
  await Promise.all(
    recorder.lanes.map(async (lane) => {
      await lane.drained(until.signal);
      // A sink that is slow to close gets the rest of the time, and a little where there is none.
      const closing = deadline(Math.max(until.left(), CLOSE_MS));
      await lane.close(closing.signal);
      closing.clear();
    }),
  );
  until.clear();
}

/** What disposing of a sink gets where the flush has used up the time, in milliseconds. */
const CLOSE_MS = 250;

async function flush(lanes: readonly SinkLane[], until: Deadline): Promise<readonly FlushReport[]> {
  const reports = await Promise.all(
    lanes.map(async (lane) => {
      const before = lane.stats;
      await lane.drained(until.signal);
      const { sink, delivered, failed, dropped, pending, lastError } = lane.stats;
      return {
        sink,
        delivered: delivered - before.delivered,
        failed: failed - before.failed,
        dropped: dropped - before.dropped,
        pending,
        lastError: failed > before.failed ? lastError : undefined,
      };
    }),
  );
  until.clear();
  return reports;
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  left(): number;
  clear(): void;
}

/** Not `AbortSignal.timeout`: that one lets a process end, with what it waits for undone. */
function deadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  const start = performance.now();
  // Node would take a longer time, and no number, for one millisecond.
  const limitMs = Math.min(Number.isNaN(timeoutMs) ? 0 : timeoutMs, MAX_MS);
  const timer = setTimeout(() => controller.abort(), limitMs);
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]),
    left: () => limitMs - (performance.now() - start),
    clear: () => clearTimeout(timer),
  };
}

function statsOf({ records, refused, cut, lanes }: Recorder): AnalyticsStats {
  return { records, refused: { ...refused }, cut, sinks: lanes.map(({ stats }) => stats) };
}
