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
    return line(cells);
  });
  return [
    '| row | ours | floor | peers | ratio | goal | reached | |',
    '| --- | ---: | ---: | --- | ---: | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** The parts of one run, and how much of it each is. Parts that took no time are told of in one line. */
export function renderParts(rows: readonly BenchRow[]): string {
  const nameOf = ({ name }: BenchRow): string => `\`${name.replace(/^breakdown:/, '')}\``;
  const some = rows.filter(({ ours }) => ours !== 0);
  const none = rows.filter(({ ours }) => ours === 0).map(nameOf);
  const lines = some.map((part) =>
    line([nameOf(part), amount(part.ours, part.unit), share(part.ratio), part.note ?? '']),
  );
  const rest = none.length === 0 ? [] : ['', `No time that can be seen: ${none.join(', ')}.`];
  return ['| part | takes | of the run | |', '| --- | ---: | ---: | --- |', ...lines, ...rest].join('\n');
}

/** The points of all curves. */
export function renderPoints(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, ours, unit, ratio, goal, ok }) => {
    const [, curve = '', at = ''] = name.split(':');
    return line([curve, figure(Number(at)), amount(ours, unit), times(ratio), goal, verdict(ok)]);
  });
  return ['| over | at | cost | ratio | goal | reached |', '| --- | ---: | ---: | ---: | --- | --- |', ...lines].join(
    '\n',
  );
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function share(ratio: number | null): string {
  return ratio === null ? '–' : `${Math.round(ratio * 100)} %`;
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
