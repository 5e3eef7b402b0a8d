import type { AnalyticsRecord, AnalyticsSink } from '@kb-labs/contracts';
import { parseLimit, parseRecord } from './option-checks.js';

export interface MemorySinkOptions {
  /** Default `memory`. */
  readonly name?: string;
  /** Records that are kept, the newest. Default 10 000. */
  readonly maxRecords?: number;
}

/** A sink that can be looked at. */
export interface MemorySink extends AnalyticsSink {
  /** A copy, oldest first. Still there after disposal. */
  records(): readonly AnalyticsRecord[];
}

/** Keeps the newest records in memory, for tests and for looking at a running host. */
export function memorySink(options: MemorySinkOptions = {}): MemorySink {
  parseRecord(options, '', ['name', 'maxRecords']);
  const maxRecords = parseLimit(options.maxRecords, { pointer: '/maxRecords', fallback: 10_000, max: 10_000_000 });
  let kept: AnalyticsRecord[] = [];
  return Object.freeze({
    name: options.name ?? 'memory',
    records: () => kept.slice(-maxRecords),
    write: async (batch) => {
      for (const record of batch) kept.push(record);
      // Twice as many are held for a moment, so that not each batch copies all.
      if (kept.length > maxRecords * 2) kept = kept.slice(-maxRecords);
    },
    [Symbol.asyncDispose]: async () => undefined,
  } satisfies MemorySink);
}
