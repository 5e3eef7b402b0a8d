import { majorOf } from './claims-table.ts';
import type { Section } from './claims-table.ts';
import type { RowTest, TestReport, TestStatus } from './read-report.ts';

/** A section of the attack corpus: its letter, its subject and the ids of its rows. */
export interface CorpusSection {
  readonly section: string;
  readonly title: string;
  readonly rows: readonly string[];
}

const PLACES: readonly string[] = ['in-process', 'worker', 'quickjs', 'fork', 'fork with the wall'];
/** Rules without a place, hosts that are killed, streams that are mutated: whatever runs in no place, or in one of its own. */
const ELSEWHERE = 'elsewhere';
/** Where some or all of what is attacked is there only if bubblewrap works. */
export const WALLED_COLUMNS: readonly string[] = ['fork with the wall', ELSEWHERE];

/**
 * Section × place: how many rows a test has tried there and found to hold, on each Node where they differ. Rows that were only skipped, or that
 * failed, are named. Without the wall the columns that need it are left out.
 */
export function rowsTable(corpus: readonly CorpusSection[], reports: readonly TestReport[], hasWall: boolean): Section {
  const columns = [...PLACES, ELSEWHERE].filter((place) => hasWall || !WALLED_COLUMNS.includes(place));
  const lines = [`| | rows | ${columns.join(' | ')} |`, `| --- | --- | ${columns.map(() => '---').join(' | ')} |`];
  const tested = reports.map(({ machine, rows }) => ({ node: majorOf(machine.node), results: gather(rows) }));
  for (const { section, title, rows } of corpus) {
    const cells = columns.map((place) =>
      cellOf(tested.map(({ node, results }) => [node, countIn(rows, results, place)])),
    );
    lines.push(`| ${section}. ${title} | ${rows.length} | ${cells.join(' | ')} |`);
  }
  return { lines, problems: problemsOf(corpus, tested) };
}

interface Tested {
  readonly node: string;
  readonly results: Results;
}
/** By place and row, the worst that a test of it found; a test that was skipped counts where no other ran. */
type Results = ReadonlyMap<string, TestStatus>;

const SEVERITY: Readonly<Record<TestStatus, number>> = { skipped: 0, passed: 1, failed: 2 };

function gather(rows: readonly RowTest[]): Results {
  const results = new Map<string, TestStatus>();
  for (const { id, place, status } of rows) {
    const key = keyOf(PLACES.includes(place) ? place : ELSEWHERE, id);
    const before = results.get(key);
    if (before === undefined || SEVERITY[status] > SEVERITY[before]) results.set(key, status);
  }
  return results;
}

function keyOf(place: string, id: string): string {
  return `${place} ${id}`;
}

function countIn(rows: readonly string[], results: Results, place: string): string {
  const withStatus = (status: TestStatus): readonly string[] =>
    rows.filter((id) => results.get(keyOf(place, id)) === status);
  const held = withStatus('passed').length;
  const skipped = withStatus('skipped');
  const failed = withStatus('failed');
  return [
    held === 0 && skipped.length + failed.length === 0 ? '–' : `${held}`,
    ...(skipped.length === 0 ? [] : [`not run: ${skipped.join(' ')}`]),
    ...(failed.length === 0 ? [] : [`**failed**: ${failed.join(' ')}`]),
  ].join(', ');
}

function cellOf(byNode: readonly (readonly [node: string, count: string])[]): string {
  const counts = new Set(byNode.map(([, count]) => count));
  if (counts.size === 1) return [...counts].join('');
  return byNode.map(([node, count]) => `Node ${node}: ${count}`).join('; ');
}

function problemsOf(corpus: readonly CorpusSection[], tested: readonly Tested[]): string[] {
  const ids = corpus.flatMap(({ rows }) => rows);
  const known = new Set(ids);
  return tested.flatMap(({ node, results }, index) => {
    const seen = new Map([...results].map(([key, status]) => [key.slice(-3), status]));
    return [
      // The newest comes first, and tries them all.
      ...ids.filter((id) => index === 0 && !seen.has(id)).map((id) => `row ${id} has no test on Node ${node}`),
      ...[...seen.keys()].filter((id) => !known.has(id)).map((id) => `a test is titled ${id}, which is no row`),
      ...[...results].filter(([, status]) => status === 'failed').map(([key]) => `${key} failed on Node ${node}`),
    ];
  });
}
