import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchRow } from './bench.js';
import type { Environment } from './environment.js';
import { describeEnvironment } from './environment.js';
import { renderChart } from './render-chart.js';
import { renderCurves } from './render-curves.js';
import { renderPeers, renderSummary } from './render-peers.js';
import { renderParts, renderPoints, renderTable } from './render-table.js';

export interface Generated {
  readonly repository: string;
  readonly environment: Environment;
  readonly rows: readonly BenchRow[];
}

/** The figures that the pages show, as they were measured. */
export interface Results {
  readonly environment: Environment;
  readonly rows: readonly BenchRow[];
}

/**
 * Writes `docs/performance/results.json`, and from it the charts beside it and the tables between the markers of `docs/performance.md` and of
 * the README. Rows that were not measured now stay as they are. Throws where those were had on another machine.
 */
export async function writeGenerated({ repository, environment, rows }: Generated): Promise<void> {
  const folder = join(repository, 'docs/performance');
  const [page, readme] = [join(repository, 'docs/performance.md'), join(repository, 'README.md')];
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'results.json');
  const results = mergeResults(await readResults(file), { environment, rows });
  // First: what was measured stays, though a page has no place for it.
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  const text = renderPage(await readFile(page, 'utf8'), results);
  const readmeText = renderReadme(await readFile(readme, 'utf8'), results);
  await writeFile(join(folder, 'goals.svg'), renderChart(results.rows));
  await writeFile(join(folder, 'curves.svg'), renderCurves(results.rows));
  await writeFile(join(folder, 'peers.svg'), renderPeers(results.rows));
  await writeFile(page, text);
  await writeFile(readme, readmeText);
}

/** The page with what was measured between its markers. What stands outside of them is written by hand and stays. */
export function renderPage(page: string, { environment, rows }: Results): string {
  const of = (kind: string): readonly BenchRow[] => rows.filter(({ name }) => name.startsWith(`${kind}:`));
  const goals = rows.filter((row) => !of('scale').includes(row) && !of('breakdown').includes(row));
  const table = replaceBetween(page, 'table', `${describeEnvironment(environment)}\n\n${renderTable(goals)}`);
  const breakdown = replaceBetween(table, 'breakdown', renderParts(of('breakdown')));
  return replaceBetween(breakdown, 'curves', renderPoints(of('scale')));
}

/** The same of the README, which shows the headlines alone. */
export function renderReadme(readme: string, { rows }: Results): string {
  return replaceBetween(readme, 'summary', renderSummary(rows));
}

/** New rows in the places of old ones of the same name, others behind them. */
export function mergeResults(old: Results | undefined, measured: Results): Results {
  if (old === undefined) return measured;
  const fresh = new Map(measured.rows.map((row) => [row.name, row]));
  const isWhole = old.rows.every(({ name }) => fresh.has(name));
  const [before, now] = [old.environment, measured.environment].map(describeEnvironment);
  if (!isWhole && before !== now) {
    throw new Error(
      `the other rows were measured on another machine (${before}), not on this (${now}): run all benches`,
    );
  }
  const kept = old.rows.map((row) => fresh.get(row.name) ?? row);
  const names = new Set(kept.map(({ name }) => name));
  return {
    environment: measured.environment,
    rows: [...kept, ...measured.rows.filter(({ name }) => !names.has(name))],
  };
}

/** Puts `content` between `<!-- bench:name -->` and `<!-- /bench:name -->`. Throws where a marker is missing. */
export function replaceBetween(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`the page has no ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`;
}

async function readResults(file: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
