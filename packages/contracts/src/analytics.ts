import type { JsonObject } from './json.js';

/** One thing that happened, as a sink gets it: plain data, bounded, redacted and frozen. */
export interface AnalyticsRecord {
  /** Counts up by one for each record, so a gap is a record that was lost. Two equal happenings are two records. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Letters, digits, `.`, `_` and `-`; at most 64 of them. */
  readonly name: string;
  /** `host`: the application. `runtime`: what an observer saw of an execution. `guest`: what a plugin says, which proves nothing. */
  readonly source: 'host' | 'runtime' | 'guest';
  /** Who it is about, stamped by the host; `undefined` where it is about no execution. */
  readonly pluginId: string | undefined;
  readonly executionId: string | undefined;
  readonly traceId: string | undefined;
  readonly attributes: JsonObject;
  /** How many attributes, entries or texts were left out or shortened. */
  readonly cut: number;
}

/** Takes records somewhere. It may be slow, hang or throw: records are lost and counted, and nothing else suffers. */
export interface AnalyticsSink extends AsyncDisposable {
  readonly name: string;
  /** Never called again before it has settled. It should settle soon after the signal aborts; until then it gets nothing more. */
  write(batch: readonly AnalyticsRecord[], signal: AbortSignal): Promise<void>;
}

/** What a plugin may say about itself. Bounded by the host; never throws and never tells whether a record was kept. */
export interface GuestAnalytics {
  track(name: string, attributes?: Readonly<Record<string, unknown>>): void;
}
