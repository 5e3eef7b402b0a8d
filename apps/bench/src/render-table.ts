import type { BenchRow } from './bench.js';
import { goalOf } from './goals.js';

/** The rows as a Markdown table, one line each. Where a goal is against one peer, the others are left out. */
export function renderTable(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, ours, floor, peers, unit, ratio, goal, ok, note }) => {
    const { peer } = goalOf(name);
    const shown = Object.entries(peers).filter(([other]) => peer === undefined || peer === other);
    const others = shown.map(([other, value]) => `${other} ${figure(value)}`);
    const cells = [
      name,
      amount(ours, unit),
      figure(floor),
      others.join(', '),
      times(ratio),
      goal,
      verdict(ok),
      note ?? '',
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '| row | ours | floor | peers | ratio | goal | reached | |',
    '| --- | ---: | ---: | --- | ---: | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** A number with three significant digits, or all digits of its whole part. */
export function figure(value: number | null): string {
  if (value === null) return '–';
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return value.toLocaleString('en-US', digits);
}

function amount(value: number | null, unit: string): string {
  return value === null ? '–' : `${figure(value)} ${unit}`;
}

function times(ratio: number | null): string {
  return ratio === null ? '–' : `${figure(ratio)} ×`;
}

function verdict(ok: boolean): string {
  return ok ? 'yes' : '**no**';
}
