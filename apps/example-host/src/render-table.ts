import Table from 'cli-table3';
import type { ConfinementReport } from '@kb-labs/plugin-runtime';
import type pc from 'picocolors';
import { plainLine } from './plain-text.js';
import type { RunReport } from './run-plugins.js';

/** Colours, or functions that add none. */
export type Colors = ReturnType<typeof pc.createColors>;

const HEAD = ['plugin', 'verdict', 'wall ms', 'CPU ms', 'peak MiB', 'host calls', 'confined by'];
const MAX_VERDICT = 64;
// The quota `memoryMb` counts the same.
const BYTES_PER_MIB = 1_048_576;

/** One row for each run: what came of it, what it used, and what kept it in. */
export function renderTable(reports: readonly RunReport[], colors: Colors): string {
  const table = new Table({
    head: HEAD.map((name) => colors.bold(name)),
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    // No lines between the rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    // Colours are ours to choose, so that there are none where none are wanted.
    style: { head: [], border: [] },
  });
  for (const report of reports) table.push(rowOf(report, colors));
  return table.toString();
}

function rowOf({ label, verdict, result }: RunReport, colors: Colors): string[] {
  const mark = verdict.met ? (result === undefined ? colors.yellow('--') : colors.green('ok')) : colors.red('NO');
  const metrics = result?.metrics;
  return [
    plainLine(label, 40),
    `${mark} ${plainLine(verdict.text, MAX_VERDICT)}`,
    round(metrics?.wallMs.used),
    round(metrics?.cpuMs.used),
    round(metrics?.peakMemoryBytes.used, BYTES_PER_MIB),
    round(metrics?.hostCalls.used),
    summariseConfinement(result?.confinement),
  ];
}

function round(value: number | undefined, unit: number = 1): string {
  return value === undefined ? '-' : String(Math.round(value / unit));
}

/** `fork, 8 wall`, or `fork, 4 wall, 4 guard`. */
function summariseConfinement(report: ConfinementReport | undefined): string {
  if (report === undefined) return '-';
  const all = Object.values(report.firmness);
  const counts = (['wall', 'guard', 'none'] as const)
    .map((firmness) => ({ firmness, count: all.filter((each) => each === firmness).length }))
    .filter(({ count }) => count > 0);
  return [report.adapter, ...counts.map(({ firmness, count }) => `${count} ${firmness}`)].join(', ');
}
