import type { AnalyticsRecord, AnalyticsSink } from '@kb-labs/contracts';

/** A sink that does what it is told, and tells when it was called. */
export interface TestSink extends AnalyticsSink {
  readonly batches: (readonly AnalyticsRecord[])[];
  readonly signals: AbortSignal[];
  /** How often it was disposed of. */
  disposals(): number;
  /** Resolves when `write` has been called this many times. */
  called(times: number): Promise<void>;
}

export function testSink(name: string, write: (call: number, signal: AbortSignal) => Promise<void> | void): TestSink {
  const batches: (readonly AnalyticsRecord[])[] = [];
  const signals: AbortSignal[] = [];
  const watchers = new Set<() => void>();
  let disposals = 0;
  return {
    name,
    batches,
    signals,
    disposals: () => disposals,
    called: (times) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (batches.length >= times) resolve();
        };
        watchers.add(look);
        look();
      }),
    write(batch, signal) {
      batches.push(batch);
      signals.push(signal);
      for (const look of watchers) look();
      // What it throws here is thrown synchronously, as a careless sink would.
      return Promise.resolve(write(batches.length, signal));
    },
    [Symbol.asyncDispose]: async () => {
      disposals += 1;
    },
  };
}

/** Never answers, and does not listen to its signal. */
export function hangingSink(name: string): TestSink {
  return testSink(name, () => new Promise(() => undefined));
}
