import type { AnalyticsRecord } from '@kb-labs/plugin-runtime';

/** Records of one name, and the sums of the numbers in them. */
export interface TrackedCount {
  readonly name: string;
  readonly source: AnalyticsRecord['source'];
  readonly records: number;
  readonly sums: Readonly<Record<string, number>>;
}

// Of the many numbers of a run, what adds up to something.
const OF_RUNS: ReadonlySet<string> = new Set(['wallMs', 'cpuMs', 'hostCalls', 'operations', 'events']);

/** Adds records up by who tells them and by their names, most frequent first. */
export function countTracked(records: readonly AnalyticsRecord[]): readonly TrackedCount[] {
  const groups = Map.groupBy(records, ({ source, name }) => `${source} ${name}`);
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { name, source } = first;
      return [{ name, source, records: group.length, sums: sumAttributes(group) }];
    })
    .toSorted((a, b) => b.records - a.records || (a.name < b.name ? -1 : 1));
}

function sumAttributes(records: readonly AnalyticsRecord[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { source, attributes } of records) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value !== 'number' || (source === 'runtime' && !OF_RUNS.has(name))) continue;
      sums.set(name, (sums.get(name) ?? 0) + value);
    }
  }
  return Object.fromEntries(sums);
}
