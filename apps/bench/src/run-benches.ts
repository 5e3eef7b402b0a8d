import type { BenchOptions, BenchRow } from './bench.js';

export interface RunOptions extends BenchOptions {
  readonly names: readonly string[];
  /** Runs the one bench of that name. */
  readonly runOne: (name: string, options: BenchOptions) => Promise<readonly BenchRow[]>;
}

/** Which benches threw, beside the rows of all others. */
export interface BenchReport {
  readonly rows: readonly BenchRow[];
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  readonly seconds: number;
}

/** Runs benches one after the other. One that throws is told of and does not end the others; an abort ends all. */
export async function runBenches({ names, runOne, ...options }: RunOptions): Promise<BenchReport> {
  const rows: BenchRow[] = [];
  const failures: { name: string; reason: string }[] = [];
  const start = performance.now();
  for (const [index, name] of names.entries()) {
    if (options.signal.aborted) break;
    const began = performance.now();
    const progress = (text: string): void => options.progress(`[${index + 1}/${names.length}] ${name}: ${text}`);
    progress('begins');
    try {
      rows.push(...(await runOne(name, { ...options, progress })));
      progress(`took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (options.signal.aborted) break;
      const reason = error instanceof Error ? error.message : String(error);
      failures.push({ name, reason });
      progress(`FAILED: ${reason}`);
    }
  }
  return { rows, failures, seconds: (performance.now() - start) / 1000 };
}
